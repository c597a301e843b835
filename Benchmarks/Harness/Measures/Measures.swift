extension Measure {
    /// In the order of the table.
    static let all: [Measure] = [
        .coldStart, .change, .growth, .burst, .resync, .drift, .routes, .parse, .packetPath, .eventToPacket, .agentCost,
    ]
}
