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
        #expect(failures.last == "FOLDER/pipe.yaml: is not a regular file: remove it, or give it another ending")
        #expect(!validation.isValid)
        #expect(validation.summary == "1 file: 1 resource valid, 0 rejected, 0 warnings")
    }

    @Test func aLinkThatLeadsNowhereIsNoMissingFolder() throws {
        let (_, _, failures) = try validation(of: [:]) { validation, folder in
            symlink("absent.yaml", folder + "/dangling.yaml")
            symlink("loop.yaml", folder + "/loop.yaml")
            validation.check(folder)
            validation.check(folder + "/dangling.yaml")
            validation.check(folder + "/loop.yaml")
        }
        #expect(failures.count == 4)
        for (index, name) in [(0, "dangling"), (2, "dangling")] {
            #expect(failures[index].hasPrefix("FOLDER/\(name).yaml: the link leads nowhere: "), "\(failures)")
        }
        for (index, name) in [(1, "loop"), (3, "loop")] {
            #expect(failures[index].hasPrefix("FOLDER/\(name).yaml: the link leads to itself: "), "\(failures)")
        }
    }

    /// A folder that others may write to must not command the terminal of who checks it.
    @Test func theNamesOfFilesReachTheTerminalEscaped() throws {
        let name = "e\u{1b}[31m\n\u{202e}.yaml"
        let (_, lines, failures) = try validation(of: ["a.yaml": profile, name: "[", "z\(name)": profile]) {
            validation, folder in
            mkfifo("\(folder)/f\(name)", 0o600)
            validation.check(folder)
            validation.check("\(folder)/absent\(name)")
        }
        #expect(lines.count == 2 && failures.count == 2, "\(lines) \(failures)")
        for line in lines + failures {
            #expect(line.contains(#"\u{1B}[31m\n\u{202E}.yaml"#), "\(line)")
            #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{202e}" })
        }
    }

    /// Tiers are known once all files are read.
    @Test func aPolicyOfATierThatIsNowhereIsRejectedAtItsPlace() throws {
        func policy(_ name: String, _ tier: String) -> String {
            """
            apiVersion: projectcalico.org/v3
            kind: GlobalNetworkPolicy
            metadata: {name: \(name)}
            spec: {tier: \(tier), selector: all()}

            """
        }
        let files = [
            "a.yaml": policy("a", "red") + "---\n" + policy("b", "blue"), "c.yaml": policy("c", "default"),
            "z.yaml": "apiVersion: projectcalico.org/v3\nkind: Tier\nmetadata: {name: red}\nspec: {order: 1}\n",
        ]
        let (validation, lines, _) = try validation(of: files) {
            $0.check($1)
            $0.finish()
        }
        #expect(
            lines == [
                "a.yaml:6:1: error: spec.tier: there is no tier \"blue\"; accepted: default, red; or create the tier"
            ])
        #expect(!validation.isValid && validation.resources.map(\.key.name).sorted() == ["a", "c", "red"])
        #expect(validation.summary == "3 files: 3 resources valid, 1 rejected, 0 warnings")
    }
}
