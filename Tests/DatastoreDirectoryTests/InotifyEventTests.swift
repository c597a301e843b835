import Glibc
import Testing

@testable import DatastoreDirectory

@Suite struct InotifyEventTests {
    private func bytes(mask: Int32, name: String, padding: Int) -> [UInt8] {
        let length = name.utf8.count + padding
        let words = [1, UInt32(bitPattern: mask), 0, UInt32(length)]
        return words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } } + Array(name.utf8)
            + Array(repeating: 0, count: padding)
    }

    @Test("Several events of one read are told apart, with and without a name")
    func several() {
        let buffer =
            bytes(mask: IN_CREATE, name: "a.yaml", padding: 10) + bytes(mask: IN_DELETE_SELF, name: "", padding: 0)
            + bytes(mask: IN_CLOSE_WRITE, name: "b", padding: 15)
        #expect(
            InotifyEvent.events(in: buffer) == [
                InotifyEvent(watch: 1, mask: UInt32(IN_CREATE), name: "a.yaml"),
                InotifyEvent(watch: 1, mask: UInt32(IN_DELETE_SELF), name: ""),
                InotifyEvent(watch: 1, mask: UInt32(IN_CLOSE_WRITE), name: "b"),
            ])
    }

    @Test("A length beyond the buffer ends the reading")
    func truncated() {
        let whole = bytes(mask: IN_CREATE, name: "a.yaml", padding: 10)
        for length in 0..<whole.count {
            #expect(InotifyEvent.events(in: whole.prefix(length)) == [])
        }
    }

    @Test("A name that is not UTF-8 is left out, the next event is not")
    func notUTF8() {
        var broken = bytes(mask: IN_CREATE, name: "aaaaaaaa", padding: 8)
        broken[16] = 0xff
        let next = bytes(mask: IN_CREATE, name: "b", padding: 15)
        #expect(InotifyEvent.events(in: broken + next) == [InotifyEvent(watch: 1, mask: UInt32(IN_CREATE), name: "b")])
    }
}
