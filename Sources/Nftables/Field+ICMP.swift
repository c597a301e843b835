extension Field {
    /// The code beside ``icmpType`` (RFC 792).
    public static let icmpCode = Field(
        text: "icmp code", source: .payload(.transport, offset: 1), length: 1, dependencies: [.ipv4, .transport(1)])

    /// The code beside ``icmpv6Type`` (RFC 4443 section 2.1).
    public static let icmpv6Code = Field(
        text: "icmpv6 code", source: .payload(.transport, offset: 1), length: 1, dependencies: [.ipv6, .transport(58)])
}
