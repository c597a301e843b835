import Dataplane
import DataplaneLinux
import DatastoreDirectory
import DatastoreEtcd
package import Datastore
package import Logging
import Netlink
import ServiceLifecycle
import UnixSignals
package import Settings
package import Status
import SystemCalls

/// The agent's two ways of life.
package enum AgentRun {
    /// Runs until SIGTERM or SIGINT, then leaves the kernel as it is. At SIGHUP it takes over what of the settings may
    /// change meanwhile.
    ///
    /// - Parameter environment: Where a service manager says how it wants to be told (sd_notify(3)).
    /// - Throws: ``AgentError`` when it cannot start; nothing was programmed then.
    package static func forever(
        _ loaded: LoadedSettings, reload: AgentReload, logger: Logger, environment: [String: String]
    ) async throws {
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let settings = loaded.settings
        let lock = try AgentLock()
        let datastore = try datastore(settings, logger: logger)
        logger.warn(of: loaded)
        let reconciler = try await start(settings, logger: logger)
        // The monitors before the first reading: nothing falls between the two.
        let links = try KernelFollower.links(reconciler)
        let ruleset = try await KernelFollower.ruleset(reconciler)
        let answers = try AgentAnswers(reconciler: reconciler, settings: settings)
        let server = StatusServer(
            socket: settings.status.socket, group: settings.status.group, provider: answers, logger: logger)
        // An agent that nobody could ask programs nothing.
        try server.prepare()
        let lastGood = lastGoodFile(settings, logger: logger)
        let resyncTimer = ResyncTimer(interval: settings.resyncInterval, reconciler: reconciler)
        let manager = ServiceManager(environment: environment)
        var services: [any Service] = [
            server, links, ruleset,
            SourceFollower(datastore: datastore, reconciler: reconciler, lastGood: lastGood), resyncTimer,
            HeartbeatTimer(reconciler: reconciler), CounterBaseline(answers: answers),
            ReloadFollower(
                hangups: hangups, reload: reload, reconciler: reconciler, resyncTimer: resyncTimer, manager: manager),
        ]
        if let listen = settings.http.listen {
            services.append(
                HealthServer(
                    host: "\(listen.address)", port: Int(listen.port), provider: answers, logger: logger))
        }
        if let lastGood {
            services.append(LastGoodKeeper(file: lastGood, reconciler: reconciler, logger: logger))
        }
        if let manager {
            services.append(ServiceNotifier(manager: manager, board: reconciler.board))
        }
        var configuration = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        // A client that has sent half a question must not hold up the end.
        configuration.maximumGracefulShutdownDuration = .seconds(5)
        let group = ServiceGroup(configuration: configuration)
        logger.info(
            "Started",
            metadata: [
                "version": "\(MargayVersion.current)", "node": "\(settings.node)",
                "source": "\(datastore.kind):\(datastore.location)",
            ])
        try await group.run()
        await reconciler.endOwedFlows()
        logger.info("Stopped; the kernel stays as it is")
        extendLifetime(lock)
    }

    /// Applies what the source holds now, and verifies it.
    /// - Returns: The status afterwards.
    package static func once(_ settings: AgentSettings, logger: Logger) async throws -> StatusReport {
        let lock = try AgentLock()
        let datastore = try datastore(settings, logger: logger)
        // Nobody could confirm anything: whoever says so means what the source holds now.
        var settings = settings
        settings.massDeleteLimit = 100
        let reconciler = try await start(settings, logger: logger)
        let lastGood = lastGoodFile(settings, logger: logger)
        if let earlier = lastGood?.load() { await reconciler.restore(earlier) }
        await reconciler.deliver(try await datastore.snapshot())
        await reconciler.endOwedFlows()
        let report = try await reconciler.status()
        if let lastGood {
            LastGoodKeeper(file: lastGood, reconciler: reconciler, logger: logger).keepOnce()
        }
        extendLifetime(lock)
        return report
    }

    private static func lastGoodFile(_ settings: AgentSettings, logger: Logger) -> LastGoodFile? {
        settings.lastGood.path.map {
            LastGoodFile(file: StateFile(path: $0), origin: LastGood.Origin(settings), logger: logger)
        }
    }

    /// The source that the settings name.
    package static func datastore(_ settings: AgentSettings, logger: Logger) throws(AgentError) -> any Datastore {
        switch settings.source.type {
        case .directory:
            return DirectoryDatastore(
                path: settings.source.directory.path, allowWideNetworks: settings.allowWideNetworks, logger: logger)
        case .etcd:
            return EtcdDatastore(
                access: EtcdAccess(settings.source.etcd), allowWideNetworks: settings.allowWideNetworks, logger: logger)
        case .kubernetes:
            throw AgentError(
                "this version cannot read from \(settings.source.type.rawValue)",
                remedy: "use etcd, or a folder: source: {type: directory, directory: {path: /etc/margay/resources.d}}")
        }
    }

    private static func start(_ settings: AgentSettings, logger: Logger) async throws -> Reconciler {
        do {
            let reconciler = try Reconciler(settings: settings, logger: logger)
            let missing = try await reconciler.missingFeatures()
            guard missing.isEmpty else {
                throw AgentError(missing.map(\.description).joined(separator: "\n"))
            }
            return reconciler
        } catch let error as NetlinkError {
            throw AgentError("\(error)")
        }
    }
}

extension EtcdAccess {
    /// The settings' formats have let nothing pass that is no endpoint.
    init(_ settings: AgentSettings.Source.Etcd) {
        self.init(
            endpoints: settings.endpoints.compactMap(EtcdEndpoint.init), username: settings.username,
            passwordFile: settings.passwordFile, caFile: settings.caFile, certFile: settings.certFile,
            keyFile: settings.keyFile)
    }
}
