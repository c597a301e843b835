extension Measure {
    /// In the order of the table.
    static let all: [Measure] = [.coldStart, .packetPath, .eventToPacket, .agentCost]
}
