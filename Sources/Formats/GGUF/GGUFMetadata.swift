/// What a GGUF file says about itself: keys with values, in the file's order.
package struct GGUFMetadata: Hashable, Sendable {
    /// One key and its value.
    package struct Entry: Hashable, Sendable {
        package let key: String
        package var value: GGUFValue
    }

    /// The keys and values in order; keys are all different.
    package private(set) var entries: [Entry] = []

    package init() {}

    /// - Parameter entries: of equal keys, the last one's value counts.
    package init(_ entries: [(String, GGUFValue)]) {
        for (key, value) in entries { self[key] = value }
    }

    /// - Parameter entries: keys all different.
    init(distinct entries: [Entry]) { self.entries = entries }

    /// The value of a key. A new key is added at the end, one that is there keeps its place; nil removes it.
    package subscript(key: String) -> GGUFValue? {
        get { entries.first { $0.key == key }?.value }
        set {
            let place = entries.firstIndex { $0.key == key }
            switch (place, newValue) {
            case (let place?, let value?): entries[place].value = value
            case (let place?, nil): entries.remove(at: place)
            case (nil, let value?): entries.append(Entry(key: key, value: value))
            case (nil, nil): break
            }
        }
    }

    /// `general.architecture`, such as `llama`.
    package var architecture: String? { self["general.architecture"]?.text }
}
