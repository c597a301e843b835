/// Why a sub-folder is not followed as the others are.
struct FolderProblem: Hashable {
    /// How the folder is named to people.
    var path: String
    /// A sentence for people, with what to do about it.
    var reason: String
    /// Whether the folder's files have been read all the same, once: only their changes go unnoticed.
    var isRead: Bool
}
