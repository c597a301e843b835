package import Resources

/// Where the value of a setting was said.
package enum SettingOrigin: Hashable, Sendable, CustomStringConvertible {
    /// Nowhere: the value that holds when nobody says otherwise.
    case builtIn
    /// `gethostname(2)`, for the node's name.
    case hostName
    case file(ResourceLocation)
    /// A file or folder as a whole, which cannot be read.
    case path(String)
    /// The name of an environment variable.
    case environment(String)
    /// A command-line option with its dashes.
    case flag(String)

    package var description: String {
        switch self {
        case .builtIn: "default"
        case .hostName: "host name"
        case .file(let location): location.description
        case .path(let path): path
        case .environment(let variable): variable
        case .flag(let option): option
        }
    }

    /// Whether both stand in files, and this one first.
    func precedes(_ other: Self) -> Bool {
        if case .file(let first) = self, case .file(let second) = other { first < second } else { false }
    }
}

/// One text and where it stands.
struct SettingText: Hashable, Sendable {
    var text: String
    var origin: SettingOrigin
}
