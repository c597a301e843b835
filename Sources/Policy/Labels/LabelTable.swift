/// A label with its value, as two numbers.
struct Label: Hashable, Sendable {
    let key: LabelKey.ID
    let pair: LabelPair.ID
}

/// A name that labels of items have, or selectors ask for.
struct LabelKey: Vacant {
    typealias ID = Slots<Self>.ID

    var text = ""
    var pairs: Set<LabelPair.ID> = []
    /// How many items have it.
    var items = 0
    /// Selectors of which every match has the label.
    var queries: [Query.ID] = []
    var references = 0
}

/// A name and a value.
struct LabelPair: Vacant {
    typealias ID = Slots<Self>.ID

    var key = LabelKey.ID(rawValue: 0)
    var value = ""
    var items: Set<Item.ID> = []
    /// Selectors of which every match has the label with this value, or another at which the selector is listed too.
    var queries: [Query.ID] = []
    var references = 0
}

/// Every label that something has or a selector asks for, once, with who has it.
struct LabelTable: Sendable {
    private struct PairText: Hashable, Sendable {
        let key: LabelKey.ID
        let value: String
    }

    var keys = Slots<LabelKey>()
    var pairs = Slots<LabelPair>()
    private var keysByText = ShardedDictionary<String, LabelKey.ID>()
    private var pairsByText = ShardedDictionary<PairText, LabelPair.ID>()

    var isEmpty: Bool {
        var isEmpty = true
        keysByText.forEachValue { _ in isEmpty = false }
        pairsByText.forEachValue { _ in isEmpty = false }
        return isEmpty
    }

    /// The label's number, which stays until ``release(_:)`` was called as often as this.
    mutating func retain(_ key: String, _ value: String) -> Label {
        let keyID = retain(key: key)
        let text = PairText(key: keyID, value: value)
        if let pair = pairsByText[text] {
            pairs[pair].references += 1
            return Label(key: keyID, pair: pair)
        }
        let pair = pairs.insert(LabelPair(key: keyID, value: value, references: 1))
        pairsByText[text] = pair
        keys[keyID].pairs.insert(pair)
        return Label(key: keyID, pair: pair)
    }

    mutating func release(_ label: Label) {
        pairs[label.pair].references -= 1
        if pairs[label.pair].references == 0 {
            keys[label.key].pairs.remove(label.pair)
            pairsByText[PairText(key: label.key, value: pairs[label.pair].value)] = nil
            pairs.remove(label.pair)
        }
        release(key: label.key)
    }

    mutating func retain(key: String) -> LabelKey.ID {
        if let id = keysByText[key] {
            keys[id].references += 1
            return id
        }
        let id = keys.insert(LabelKey(text: key, references: 1))
        keysByText[key] = id
        return id
    }

    mutating func release(key id: LabelKey.ID) {
        keys[id].references -= 1
        guard keys[id].references == 0 else { return }
        keysByText[keys[id].text] = nil
        keys.remove(id)
    }
}
