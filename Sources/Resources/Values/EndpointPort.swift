public import NetworkValues

/// A transport protocol with ports, under the name that Calico gives it.
public enum TransportProtocol: String, Hashable, Sendable, CaseIterable {
    case tcp = "TCP"
    case udp = "UDP"
    case sctp = "SCTP"

    /// Reads the name in any case.
    /// - Throws: `InvalidValue` for anything else.
    public init(parsing text: String) throws(InvalidValue) {
        guard
            let match = Self(rawValue: text)
                ?? Self.allCases.first(where: { asciiLowercased($0.rawValue) == asciiLowercased(text) })
        else {
            throw InvalidValue(kind: "port protocol", text: text, accepted: "TCP, UDP or SCTP, in any case")
        }
        self = match
    }

    /// The protocol's IANA number.
    public var ipProtocol: IPProtocol {
        switch self {
        case .tcp: .tcp
        case .udp: .udp
        case .sctp: .sctp
        }
    }
}

/// A port that the workload serves, which policy may name.
public struct EndpointPort: Hashable, Sendable {
    /// Unique within the endpoint; only a port with a ``hostPort`` may lack it.
    public var name: String?
    public var `protocol`: TransportProtocol
    /// 1...65535.
    public var port: UInt16
    /// 1...65535; kept for its readers, without effect on the host.
    public var hostPort: UInt16?
    /// Kept for its readers, without effect on the host.
    public var hostIP: IPAddress?
    /// Fields without a meaning here, kept for whoever reads the resource back.
    public var otherFields: [String: FieldValue]

    public init(
        name: String?, protocol: TransportProtocol, port: UInt16, hostPort: UInt16? = nil, hostIP: IPAddress? = nil,
        otherFields: [String: FieldValue] = [:]
    ) {
        self.name = name
        self.protocol = `protocol`
        self.port = port
        self.hostPort = hostPort
        self.hostIP = hostIP
        self.otherFields = otherFields
    }
}
