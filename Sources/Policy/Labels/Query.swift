/// A selector that somebody asks for, evaluated once for all who do.
struct Query: Vacant {
    typealias ID = Slots<Self>.ID

    /// The canonical text.
    var text = ""
    var condition = Condition.always
    /// `nil` where any item may match.
    var anchors: [Anchor]?
    var references = 0
    /// How many endpoints, and how many items of any kind, it selects.
    var endpoints = 0
    var items = 0
    /// Of the policies that it belongs to.
    var policies: [PolicyRecord.ID] = []
    /// That hold what it selects.
    var tables: [MemberTable.ID] = []
}
