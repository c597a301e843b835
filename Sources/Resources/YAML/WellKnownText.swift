/// Texts that nearly every resource has: as literals of the program they take no memory of their own. Those of up to 15 bytes
/// take none anyway.
enum WellKnownText {
    /// The text that these bytes are, repaired where they are not UTF-8.
    static func text(of bytes: UnsafeBufferPointer<UInt8>) -> String {
        (bytes.count < 16 ? nil : wellKnown(bytes)) ?? String(decoding: bytes, as: UTF8.self)
    }

    private static func wellKnown(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        switch bytes.count {
        case 16: same(bytes, "WorkloadEndpoint")
        case 17: same(bytes, "creationTimestamp") ?? same(bytes, "pod-template-hash")
        case 18: same(bytes, "serviceAccountName")
        case 20: same(bytes, "projectcalico.org/v3")
        case 22: same(bytes, "app.kubernetes.io/name")
        case 24: same(bytes, "controller-revision-hash")
        case 25: same(bytes, "app.kubernetes.io/version")
        case 26: same(bytes, "app.kubernetes.io/instance")
        case 27: same(bytes, "projectcalico.org/namespace")
        case 30: same(bytes, "projectcalico.org/orchestrator")
        case 32: same(bytes, "projectcalico.org/serviceaccount")
        default: nil
        }
    }

    private static func same(_ bytes: UnsafeBufferPointer<UInt8>, _ text: String) -> String? {
        text.utf8.withContiguousStorageIfAvailable { $0.elementsEqual(bytes) } == true ? text : nil
    }
}
