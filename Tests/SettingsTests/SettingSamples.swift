import Testing

/// For every key: its variable, a text that is not the default, and a text that is refused and what is then said.
struct SettingSample: Sendable, CustomTestStringConvertible {
    let key: String
    let variable: String
    /// As in a variable: lists with commas.
    let text: String
    /// As in a configuration file, if that is written differently.
    let yaml: String
    /// As ``AgentSettings/json`` writes it.
    let json: String
    let wrong: String
    let complaint: String

    var testDescription: String { key }

    init(
        _ key: String, _ variable: String, _ text: String, yaml: String? = nil, json: String? = nil,
        wrong: String, _ complaint: String
    ) {
        self.key = key
        self.variable = variable
        self.text = text
        self.yaml = yaml ?? text
        self.json = json ?? "\"\(text)\""
        self.wrong = wrong
        self.complaint = "\"\(wrong)\" is not a valid \(complaint)"
    }

    private static func flag(_ key: String, _ variable: String, default value: Bool) -> Self {
        Self(
            key, variable, "\(!value)", json: "\(!value)", wrong: "yes", "boolean: true or false")
    }

    private static func path(_ key: String, _ variable: String) -> Self {
        Self(key, variable, "/etc/margay/file", wrong: "file", "path: an absolute path")
    }

    static let all: [Self] = [
        Self(
            "node", "MARGAY_NODE", "node-1.example", wrong: "-node",
            "node name: 1 to 253 letters, digits, '.', '_' or '-', a letter or digit first and last"),
        Self(
            "source.type", "MARGAY_SOURCE_TYPE", "kubernetes", wrong: "Directory",
            "choice: directory, etcd or kubernetes"),
        path("source.directory.path", "MARGAY_SOURCE_DIRECTORY_PATH"),
        Self(
            "source.etcd.endpoints", "MARGAY_SOURCE_ETCD_ENDPOINTS", "https://h:2379,http://[::1]:2379",
            yaml: "[\"https://h:2379\", \"http://[::1]:2379\"]", json: #"["https://h:2379","http://[::1]:2379"]"#,
            wrong: "https://h", "etcd endpoint: http:// or https://, host and port, such as https://10.0.0.1:2379"),
        Self(
            "source.etcd.username", "MARGAY_SOURCE_ETCD_USERNAME", "root", wrong: "",
            "user name: a text that is not empty"),
        path("source.etcd.passwordFile", "MARGAY_SOURCE_ETCD_PASSWORD_FILE"),
        path("source.etcd.caFile", "MARGAY_SOURCE_ETCD_CA_FILE"),
        path("source.etcd.certFile", "MARGAY_SOURCE_ETCD_CERT_FILE"),
        path("source.etcd.keyFile", "MARGAY_SOURCE_ETCD_KEY_FILE"),
        path("source.kubernetes.kubeconfig", "MARGAY_SOURCE_KUBERNETES_KUBECONFIG"),
        Self(
            "interfacePrefixes", "MARGAY_INTERFACE_PREFIXES", "tap, cali", yaml: "[tap, cali]",
            json: #"["tap","cali"]"#, wrong: "tap*", "interface name prefix: 1 to 14 of a-z A-Z 0-9 '_' '.' '-'"),
        Self("unknownInterfaces", "MARGAY_UNKNOWN_INTERFACES", "ignore", wrong: "accept", "choice: drop or ignore"),
        Self("chainLayout", "MARGAY_CHAIN_LAYOUT", "shared", wrong: "flat", "choice: perInterface or shared"),
        Self("endpointToHost", "MARGAY_ENDPOINT_TO_HOST", "accept", wrong: "Accept", "choice: drop or accept"),
        flag("manageForwarding", "MARGAY_MANAGE_FORWARDING", default: true),
        flag("allowWideNetworks", "MARGAY_ALLOW_WIDE_NETWORKS", default: false),
        flag("conntrackOnPolicyChange", "MARGAY_CONNTRACK_ON_POLICY_CHANGE", default: false),
        flag("lockTable", "MARGAY_LOCK_TABLE", default: false),
        flag("nat.outbound", "MARGAY_NAT_OUTBOUND", default: true),
        Self(
            "nat.excludedNetworks", "MARGAY_NAT_EXCLUDED_NETWORKS", "10.0.0.0/8,2001:db8::/32",
            yaml: "[10.0.0.0/8, \"2001:db8::/32\"]", json: #"["10.0.0.0/8","2001:db8::/32"]"#, wrong: "10.0.0.0/33",
            "IP network: CIDR notation such as 10.0.0.0/8 or 2001:db8::/32"),
        flag("nat.announce", "MARGAY_NAT_ANNOUNCE", default: false),
        flag("sourceFilter.arp", "MARGAY_SOURCE_FILTER_ARP", default: true),
        flag("sourceFilter.nd", "MARGAY_SOURCE_FILTER_ND", default: true),
        flag("sourceFilter.dhcp", "MARGAY_SOURCE_FILTER_DHCP", default: true),
        Self(
            "routes.protocol", "MARGAY_ROUTES_PROTOCOL", "80", json: "80", wrong: "4",
            "route protocol: 5 to 255 (0 to 4 are the kernel's and the administrator's own)"),
        Self(
            "routes.table", "MARGAY_ROUTES_TABLE", "4294967295", json: "4294967295", wrong: "255",
            "routing table: 1 to 4294967295, not 255 (the kernel's table of local addresses)"),
        Self(
            "resyncInterval", "MARGAY_RESYNC_INTERVAL", "90s", wrong: "500ms",
            "duration: a whole number with ms, s, m or h, from 1s to 24h, such as 500ms, 60s or 2m"),
        Self("massDeleteLimit", "MARGAY_MASS_DELETE_LIMIT", "100", json: "100", wrong: "101", "percentage: 0 to 100"),
        Self(
            "massDeleteMinimum", "MARGAY_MASS_DELETE_MINIMUM", "0", json: "0", wrong: "-1",
            "number of endpoints: 0 to 1000000"),
        Self(
            "massDeleteHold", "MARGAY_MASS_DELETE_HOLD", "1500ms", wrong: "60",
            "duration: a whole number with ms, s, m or h, from 0s to 24h, such as 500ms, 60s or 2m"),
        Self(
            "lastGood.path", "MARGAY_LAST_GOOD_PATH", "/run/m.yaml", wrong: "m.yaml", "file: an absolute path, or off"),
        Self(
            "status.socket", "MARGAY_STATUS_SOCKET", "/run/m.sock", wrong: "/run/",
            "socket path: an absolute path of at most 107 bytes"),
        Self(
            "status.group", "MARGAY_STATUS_GROUP", "adm", wrong: "a:b",
            "group name: 1 to 32 letters, digits, '.', '_' or '-'"),
        Self(
            "http.listen", "MARGAY_HTTP_LISTEN", "[::1]:80", yaml: "\"[::1]:80\"", wrong: "localhost:80",
            "listen address: an IP address and a port, such as 127.0.0.1:9099 or [::1]:9099, or off"),
        Self(
            "logging.level", "MARGAY_LOGGING_LEVEL", "debug", wrong: "verbose",
            "choice: trace, debug, info, notice, warning, error or critical"),
        Self("logging.format", "MARGAY_LOGGING_FORMAT", "json", wrong: "xml", "choice: text or json"),
    ]
}
