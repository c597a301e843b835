import NetworkValues

private enum PortField: String, FieldName {
    static let table = FieldTable<Self>()
    case name, `protocol`, port, hostPort, hostIP
}

extension DecodingContext {
    /// A port as Calico writes it carries `name: ""`, `hostPort: 0` and `hostIP: ""` for what it lacks.
    mutating func endpointPorts(_ node: YAMLNode) -> [EndpointPort] {
        var names = FirstLines<String>()
        return list(node, of: "ports") { context, item in
            let fields = context.fields(of: item, as: PortField.self)
            guard fields.isMapping else { return nil }
            let hostPort = context.read(fields, .hostPort) { context, node in
                node.text == "0" ? nil : context.port(node)
            }
            let isMapped = fields[.hostPort].map { $0.value.text != "0" } ?? false
            let name = context.portName(fields, isRequired: !isMapped, &names)
            let transport = context.require(fields, .protocol, "TCP, UDP or SCTP") { context, node in
                context.value(node) { text throws(InvalidValue) in try TransportProtocol(parsing: text) }
            }
            let port = context.require(fields, .port, "a number from 1 to 65535") { context, node in
                context.port(node)
            }
            let hostIP = context.read(fields, .hostIP) { context, node in
                node.text == "" ? nil : context.address(node)
            }
            let others = context.others(fields)
            guard let transport, let port else { return nil }
            return EndpointPort(
                name: name, protocol: transport, port: port, hostPort: hostPort, hostIP: hostIP, otherFields: others)
        }
    }

    private mutating func portName(
        _ fields: Fields<PortField>, isRequired: Bool, _ names: inout FirstLines<String>
    ) -> String? {
        guard let entry = fields[.name], entry.value.text != "" else {
            if isRequired {
                missing("name", "a name for the port, unless it has a hostPort")
            }
            return nil
        }
        return read(fields, .name) { context, node in
            guard let name = context.value(node, Names.name) else { return nil as String? }
            if let first = names.note(name, node.line) {
                context.error(
                    node, "\"\(name)\" names a port already, on line \(first): names are unique in an endpoint")
            }
            return name
        }
    }

    private mutating func port(_ node: YAMLNode) -> UInt16? {
        integer(node, in: 1...65535, as: "port").map { UInt16($0) }
    }
}
