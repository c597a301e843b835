package import DataplaneLinux

/// What came of sending an endpoint's frames that must be dropped.
package enum ProbeOutcome: Hashable, Sendable {
    /// Every one was dropped and counted under its reason; so many were sent.
    case proven([DropReason: UInt64])
    /// These were not.
    case failed([String])
    /// Why nothing could be sent.
    case notProbed(String)

    /// The outcome for a person.
    package var text: String {
        switch self {
        case .proven(let sent): "proven, \(sent.values.reduce(0, +)) frames dropped (\(sent.words))"
        case .failed(let passed): "failed, not dropped by the source filter: \(passed.joined(separator: ", "))"
        case .notProbed(let reason): "not probed, \(reason)"
        }
    }
}

extension [DropReason: UInt64] {
    /// `mac 3, ip 1`, in the documented order; those that are 0 left out.
    package var words: String {
        DropReason.allCases.compactMap { reason in
            self[reason].flatMap { $0 > 0 ? "\(reason.rawValue) \($0)" : nil }
        }.joined(separator: ", ")
    }
}
