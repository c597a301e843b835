// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target of this package is held to the same rules.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

extension Target.Dependency {
    static let argumentParser: Self = .product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asyncHTTPClient: Self = .product(name: "AsyncHTTPClient", package: "async-http-client")
    static let grpcCore: Self = .product(name: "GRPCCore", package: "grpc-swift-2")
    static let grpcHTTP2: Self = .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
    static let grpcProtobuf: Self = .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
    static let hummingbird: Self = .product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore: Self = .product(name: "HummingbirdCore", package: "hummingbird")
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let nioCore: Self = .product(name: "NIOCore", package: "swift-nio")
    static let nioHTTP1: Self = .product(name: "NIOHTTP1", package: "swift-nio")
    static let nioSSL: Self = .product(name: "NIOSSL", package: "swift-nio-ssl")
    static let swiftProtobuf: Self = .product(name: "SwiftProtobuf", package: "swift-protobuf")
    static let unixSignals: Self = .product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let serviceLifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
}

func library(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.init(stringLiteral: name)] + dependencies, resources: resources,
        swiftSettings: strict)
}

// The targets stand in the order of the house (ARCHITECTURE.md): a target imports only what stands above it here.
// scripts/check-imports holds that arrow, because SwiftPM does not.
let package = Package(
    name: "margay",
    products: [
        .executable(name: "margay", targets: ["margay"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        // Without its traits it does without the full Foundation.
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CMNL", pkgConfig: "libmnl", providers: [.apt(["libmnl-dev"])]),
        .systemLibrary(name: "CNFTNL", pkgConfig: "libnftnl", providers: [.apt(["libnftnl-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(name: "CLinux"),

        library("SystemCalls", ["CLinux"]),
        library("NetworkValues"),
        library("Netlink", ["CMNL", "CLinux"]),
        library("Nftables", ["NetworkValues"]),
        library("NftablesNetlink", ["CMNL", "CNFTNL", "Netlink", "Nftables"]),
        library("Routing", ["CMNL", "CLinux", "NetworkValues", "Netlink"]),
        library("Conntrack", ["CMNL", "NetworkValues", "Netlink"]),
        library("Selectors"),
        library("Resources", ["CYAML", "NetworkValues", "Selectors"]),
        library("Policy", ["NetworkValues", "Selectors", "Resources"]),
        library(
            "Dataplane", ["NetworkValues", "Nftables", "Routing", "Conntrack", "Selectors", "Resources", "Policy"]),
        library(
            "DataplaneLinux",
            ["NetworkValues", "Netlink", "Nftables", "NftablesNetlink", "Routing", "Conntrack", "Dataplane"]),
        library("Datastore", ["Resources"]),
        library("DatastoreDirectory", ["CLinux", "SystemCalls", "Resources", "Datastore", .logging]),
        library(
            "DatastoreEtcd",
            [
                "SystemCalls", "NetworkValues", "Resources", "Datastore", .logging, .nioCore, .nioSSL, .grpcCore,
                .grpcHTTP2, .grpcProtobuf, .swiftProtobuf,
            ], exclude: ["API/auth.proto", "API/kv.proto", "API/watch.proto"]),
        library("Settings", ["SystemCalls", "NetworkValues", "Resources"]),
        library(
            "Status",
            [
                "SystemCalls", "Resources", "Policy", .hummingbird, .hummingbirdCore, .asyncHTTPClient, .nioCore,
                .nioHTTP1,
                .logging, .serviceLifecycle,
            ]),
        library(
            "Agent",
            [
                "CLinux", "SystemCalls", "NetworkValues", "Netlink", "Nftables", "NftablesNetlink", "Routing",
                "Selectors", "Resources", "Policy",
                "Dataplane", "DataplaneLinux", "Datastore", "DatastoreDirectory", "DatastoreEtcd", "Settings", "Status",
                .logging, .serviceLifecycle,
                .unixSignals,
            ]),
        .executableTarget(
            name: "margay",
            dependencies: [
                "SystemCalls", "NetworkValues", "Netlink", "NftablesNetlink", "Selectors", "Resources", "Policy",
                "Dataplane", "DataplaneLinux", "Datastore", "DatastoreDirectory", "Settings", "Status", "Agent",
                .argumentParser, .logging,
            ],
            swiftSettings: strict,
            // Nothing looks the program's own symbols up: their table, and what only it keeps, is a tenth of the program.
            // Relocations stay unpacked: DT_RELR takes glibc 2.36, which not every host has.
            linkerSettings: [
                .unsafeFlags(
                    [
                        "-use-ld=lld", "-Xlinker", "--no-export-dynamic", "-Xlinker", "--icf=safe",
                    ], .when(platforms: [.linux], configuration: .release))
            ]),

        .target(name: "TestSupport", path: "Tests/TestSupport", exclude: ["Captures"], swiftSettings: strict),
        tests(of: "SystemCalls", ["TestSupport"]),
        tests(of: "NetworkValues"),
        tests(of: "Netlink", ["TestSupport", "CMNL"]),
        tests(of: "Nftables", ["NetworkValues"]),
        tests(of: "NftablesNetlink", ["TestSupport", "CMNL", "CNFTNL", "Netlink", "Nftables"]),
        tests(of: "Routing", ["TestSupport", "CMNL", "NetworkValues", "Netlink"]),
        tests(of: "Conntrack", ["TestSupport", "CMNL", "NetworkValues", "Netlink"]),
        tests(of: "Selectors", ["TestSupport"]),
        tests(of: "Resources", ["TestSupport", "NetworkValues", "Selectors"], resources: [.copy("Fixtures")]),
        tests(of: "Policy", ["TestSupport", "NetworkValues", "Selectors", "Resources"]),
        tests(
            of: "Dataplane",
            ["TestSupport", "NetworkValues", "Nftables", "Routing", "Conntrack", "Selectors", "Resources", "Policy"]),
        tests(of: "DatastoreDirectory", ["TestSupport", "NetworkValues", "Resources", "Datastore", .logging]),
        tests(of: "DatastoreEtcd", ["TestSupport", "NetworkValues", "Resources", "Datastore", .logging]),
        tests(of: "Settings", ["TestSupport", "SystemCalls", "NetworkValues"]),
        tests(
            of: "Status",
            [
                "TestSupport", "SystemCalls", "Resources", .hummingbird, .hummingbirdCore, .asyncHTTPClient, .logging,
                .serviceLifecycle, .nioCore, .nioHTTP1,
            ]),
        tests(
            of: "Agent",
            [
                "TestSupport", "SystemCalls", "NetworkValues", "Nftables", "Selectors", "Resources", "Policy",
                "Dataplane", "DataplaneLinux", "Datastore", "Settings", "Status", .logging, .serviceLifecycle,
            ]),
        tests(
            of: "margay",
            [
                "TestSupport", "SystemCalls", "NetworkValues", "Selectors", "Resources", "Policy", "Dataplane",
                "DataplaneLinux", "Settings", "Status", "Agent", .argumentParser, .logging,
            ]),
        .testTarget(
            name: "KernelTests",
            dependencies: [
                "TestSupport", "CLinux", "SystemCalls", "NetworkValues", "Netlink", "Nftables", "NftablesNetlink",
                "Routing", "Conntrack",
                "Selectors", "Resources", "Policy", "Dataplane", "DataplaneLinux", "Datastore", "DatastoreDirectory",
                "DatastoreEtcd", "Status", "CMNL", .logging,
            ],
            path: "Integration/KernelTests", swiftSettings: strict),
    ]
)
