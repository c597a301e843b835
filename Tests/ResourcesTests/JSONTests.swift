import Resources
import Testing

/// JSON files, which the YAML reader reads.
@Suite struct JSONTests {
    static let compact =
        #"{"apiVersion":"projectcalico.org/v3","kind":"WorkloadEndpoint","metadata":{"name":"web","annotations":"#
        + #"{"note":"\ud83d\uDE00 a\/b \\ud83d\\ude00 \u00fc \"x\""}},"spec":{"node":"node1","interfaceName":"cali1","#
        + #""ipNetworks":["2001:db8::1/128"],"mac":null,"ports":[]}}"#

    @Test("escapes mean what JSON says, surrogate pairs among them")
    func escapes() throws {
        let note = try accepted(Self.compact).metadata.annotations["note"]
        #expect(note == #"😀 a/b \ud83d\ude00 ü "x""#)
    }

    @Test("tabs may stand wherever JSON has blanks, around the outermost brackets too")
    func tabs() throws {
        let text =
            "\t\n\t" + Self.compact.replacing(",\"", with: ",\n\t\t\"").replacing(":{", with: ":\t{\n\t") + "\t\n\t"
        #expect(try accepted(text) == accepted(Self.compact))
    }

    @Test("half a surrogate pair is an error")
    func surrogate() {
        let text = Self.compact.replacing(#"\uDE00"#, with: "")
        #expect(report(text).first?.contains("found invalid Unicode character escape code") == true)
    }

    @Test("errors tell line and column of JSON too")
    func errors() {
        #expect(
            report("{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"workloadEndpoint\",\n\t\"metadata\": []}").first
                == "e.yaml:1:1: error: spec.interfaceName: is required: "
                + "the name of the workload's interface on the host, such as cali0ef24ba")
        #expect(
            report("{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"workloadEndpoint\",\n\t\"metadata\": []}").contains(
                "e.yaml:4:14: error: metadata: a mapping is expected here, not a list"))
    }

    @Test("long texts and many of them are read")
    func long() throws {
        let note = String(repeating: "0123456789", count: 20_000)
        let text = Self.compact.replacing(#""note":""#, with: "\"long\":\"\(note)\",\"note\":\"")
        #expect(try accepted(text).metadata.annotations["long"] == note)
    }
}
