/// What an artifact is found by: the columns of `artifact_search` that hold text, in their order there.
package enum SearchColumn: Int, CaseIterable, Sendable {
    case name = 1
    case about, note, card, tensor

    /// The column's name.
    package var name: String { "\(self)" }

    /// What a match weighs, in the order of the table's columns: a name says more than a word of the card.
    static let weights = "0.0, 10.0, 5.0, 4.0, 1.0, 0.5"
}
