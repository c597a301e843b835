// swift-tools-version: 6.2
import PackageDescription

/// The same rules as the product's (../Package.swift).
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// A target of the product, built again as one of this package: what is measured is `package` there, not `public`, and another
/// package could not see it. Only what programs a kernel is built so, in a third of the time that all of the product takes.
func product(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Product/\(name)", swiftSettings: strict)
}

let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        .systemLibrary(name: "CMNL", path: "Product/CMNL", pkgConfig: "libmnl"),
        .systemLibrary(name: "CNFTNL", path: "Product/CNFTNL", pkgConfig: "libnftnl"),
        .systemLibrary(name: "CYAML", path: "Product/CYAML", pkgConfig: "yaml-0.1"),
        .target(name: "CLinux", path: "Product/CLinux"),
        product("SystemCalls", ["CLinux"]),
        product("NetworkValues"),
        product("Netlink", ["CMNL", "CLinux"]),
        product("Nftables", ["NetworkValues"]),
        product("NftablesNetlink", ["CMNL", "CNFTNL", "Netlink", "Nftables"]),
        product("Routing", ["CMNL", "CLinux", "NetworkValues", "Netlink"]),
        product("Conntrack", ["CMNL", "NetworkValues", "Netlink"]),
        product("Selectors"),
        product("Resources", ["CYAML", "NetworkValues", "Selectors"]),
        product("Policy", ["NetworkValues", "Selectors", "Resources"]),
        product(
            "Dataplane", ["NetworkValues", "Nftables", "Routing", "Conntrack", "Selectors", "Resources", "Policy"]),
        product(
            "DataplaneLinux",
            ["NetworkValues", "Netlink", "Nftables", "NftablesNetlink", "Routing", "Conntrack", "Dataplane"]),
        .target(
            name: "CPeers", path: "CPeers", linkerSettings: [.linkedLibrary("nftables"), .linkedLibrary("yaml")]),
        .executableTarget(
            name: "PolicyBenchmark", dependencies: ["NetworkValues", "Selectors", "Resources", "Policy"],
            path: "PolicyBenchmark", swiftSettings: strict),
        .executableTarget(
            name: "margay-bench",
            dependencies: [
                "CLinux", "CPeers", "SystemCalls", "NetworkValues", "Netlink", "Nftables", "NftablesNetlink", "Routing",
                "Selectors",
                "Resources", "Policy", "Dataplane", "DataplaneLinux",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Harness", swiftSettings: strict),
    ]
)
