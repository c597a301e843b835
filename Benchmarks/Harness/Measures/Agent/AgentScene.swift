import Glibc

/// An agent under way on a host with so many endpoints, all of whose interfaces are there.
final class AgentScene {
    let network: Namespace
    let outside: Namespace
    let folder: AgentFolder
    private let margay: String
    private var daemon: Daemon?

    /// - Parameters:
    ///   - endpoints: How many there are at the start; an even number.
    ///   - interfaces: How many there are: those of endpoints that come later as well.
    ///   - single: How many of the endpoints, the last, stand in files of their own.
    init(_ endpoints: Int, interfaces: Int, single: Int = 0, layout: String = "perInterface", margay: String) throws {
        self.margay = margay
        (network, outside) = (try Namespace(), try Namespace())
        folder = try AgentFolder(
            endpoints > single ? World.documents(endpoints - single, hasNAT: false) : "", layout: layout)
        for number in endpoints - single + 1..<endpoints + 1 {
            try folder.put(World.endpoint(number, hasNAT: false), as: "w\(number).yaml")
        }
        try network.ip(
            "link add eth0 address 02:00:00:00:ff:01 type veth peer name eth0 address 02:00:00:00:ff:02 netns \(outside.path)",
            "address add 192.0.2.1/24 dev eth0", "link set eth0 up",
            "neighbour add 192.0.2.2 lladdr 02:00:00:00:ff:02 dev eth0",
            // As any node has them.
            "route add default via 192.0.2.2", "route add ::/0 dev eth0")
        try outside.ip("link set eth0 up")
        try network.within { try margay_bench.ip(Self.pairs(endpoints) + Self.links(endpoints + 1, interfaces)) }
    }

    deinit {
        // Before its folder goes: it would complain of that.
        daemon = nil
    }

    /// Interfaces of endpoints at both ends of each pair: half as many to make.
    private static func pairs(_ count: Int) -> [String] {
        stride(from: 1, through: count, by: 2).flatMap { number in
            [
                "link add cali\(number) type veth peer name cali\(number + 1)", "link set cali\(number) up",
                "link set cali\(number + 1) up",
            ]
        }
    }

    /// Interfaces with another end, from which a workload's packets come.
    private static func links(_ first: Int, _ last: Int) -> [String] {
        guard first <= last else { return [] }
        return (first...last).flatMap { number in
            [
                "link add cali\(number) address \(World.mac(number, first: 6)) type veth peer name peer\(number)",
                "link set peer\(number) up", "link set cali\(number) up",
            ]
        }
    }

    /// Starts the agent; returns how long it took until it told systemd READY, in seconds.
    @discardableResult
    func start() throws -> Double {
        let manager = try Manager(in: folder.path)
        return try Cost.of {
            daemon = try network.within {
                try Daemon(
                    [margay, "--config", folder.configuration, "agent"],
                    environment: ["NOTIFY_SOCKET=\(manager.path)"])
            }
            try manager.awaitReady(daemon)
        }.wall
    }

    /// Ends the agent; what it programmed stays.
    func stop() { daemon = nil }

    var agent: Daemon {
        get throws {
            guard let daemon else { throw HarnessError("no agent is under way") }
            return daemon
        }
    }

    /// - Throws: ``HarnessError`` unless the kernel is as wanted.
    func check() throws {
        try network.within { try Program(margay, "--config", folder.configuration, "check").run() }
    }
}

/// Who is told READY=1 (`sd_notify(3)`).
private final class Manager {
    let path: String
    private let descriptor: Int32

    init(in folder: String) throws {
        path = "\(folder)/notify"
        unlink(path)
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard descriptor >= 0, bound == 0 else { throw HarnessError.system("listen at \(path)") }
    }

    deinit { close(descriptor) }

    func awaitReady(_ daemon: Daemon?) throws {
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var text = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &text, text.count, 0)
            if count > 0, String(decoding: text[..<count], as: UTF8.self).split(separator: "\n").contains("READY=1") {
                return
            }
            try daemon?.check()
        }
    }
}
