import Glibc
import Resources
import TestSupport
import Testing

@testable import margay

@Suite struct ResourceValidationTests {
    private let profile = """
        apiVersion: projectcalico.org/v3
        kind: Profile
        metadata: {name: open}
        spec: {ingress: [{action: Allow}]}

        """

    /// Checks a folder of these files.
    private func validation(
        of files: [String: String], _ check: (inout ResourceValidation, String) -> Void = { $0.check($1) }
    ) throws -> (ResourceValidation, lines: [String], failures: [String]) {
        let folder = TemporaryFolder()
        for (name, text) in files {
            if let end = name.lastIndex(of: "/") { folder.makeFolder(String(name[..<end])) }
            folder.write(text, to: name)
        }
        var validation = ResourceValidation(reader: ResourceReader())
        check(&validation, folder.path)
        return (
            validation, validation.lines.map { $0.replacing(folder.path + "/", with: "") },
            validation.failures.map { $0.replacing(folder.path, with: "FOLDER") }
        )
    }

    @Test func theFilesOfAFolderThatTheAgentReadsAreRead() throws {
        let (validation, lines, failures) = try validation(of: [
            "a.yaml": profile, "b.yml": profile.replacing("open", with: "b"),
            "sub/deeper/d.yaml": profile.replacing("open", with: "d"),
            "c.json": #"{"apiVersion":"projectcalico.org/v3","kind":"Profile","metadata":{"name":"c"}}"#,
            ".hidden.yaml": "[", "notes.txt": "[", ".git/d.yaml": "[",
        ])
        #expect(lines == [])
        #expect(failures == [])
        #expect(validation.isValid)
        #expect(validation.summary == "4 files: 4 resources valid, 0 rejected, 0 warnings")
    }

    @Test func everyViolationIsALineWithItsPlace() throws {
        let (validation, lines, _) = try validation(of: [
            "a.yaml": """
            apiVersion: projectcalico.org/v3
            kind: WorkloadEndpoint
            metadata: {name: web, namespace: default}
            spec:
              node: node1
              orchestrator: k8s
              endpoint: eth0
              interfaceName: cali*
              mac: ca:fe
            ---
            \(profile)
            """
        ])
        #expect(lines.contains { $0.hasPrefix("a.yaml:8:18: error: spec.interfaceName: \"cali*\" is not a valid ") })
        #expect(lines.contains { $0.hasPrefix("a.yaml:9:8: error: spec.mac: \"ca:fe\" is not a valid MAC address: ") })
        #expect(!validation.isValid)
        #expect(validation.summary.hasPrefix("1 file: 1 resource valid, 1 rejected, "))
    }

    @Test func warningsAreToldAndDoNoHarm() throws {
        let (validation, lines, _) = try validation(of: ["a.yaml": profile + "colour: green\n"])
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("a.yaml:5:1: warning: colour: ") == true)
        #expect(validation.isValid)
        #expect(validation.summary == "1 file: 1 resource valid, 0 rejected, 1 warning")
    }

    @Test func theLaterOfTwoDefinitionsIsRefusedWithBothPlaces() throws {
        // In the order of the names, as the agent takes them.
        let (validation, lines, _) = try validation(of: ["b.yaml": profile, "a.yaml": profile])
        #expect(
            lines == [
                "b.yaml:1:1: error: Profile open is already defined at a.yaml:1:1; only the first definition counts"
            ])
        #expect(!validation.isValid)
    }

    @Test func whatCannotBeReadIsAFailureAndTheRestIsStillChecked() throws {
        let (validation, lines, failures) = try validation(of: ["a.yaml": profile]) { validation, folder in
            mkfifo(folder + "/pipe.yaml", 0o600)
            validation.check(folder + "/absent.yaml")
            validation.check(folder)
        }
        #expect(lines == [])
        #expect(failures.count == 2)
        #expect(failures.first?.hasPrefix("cannot open FOLDER/absent.yaml: No such file or directory") == true)
        #expect(failures.last == "FOLDER/pipe.yaml: is not a regular file")
        #expect(!validation.isValid)
        #expect(validation.summary == "1 file: 1 resource valid, 0 rejected, 0 warnings")
    }
}
