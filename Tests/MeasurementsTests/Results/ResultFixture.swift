import Bytes
import Foundation
import Testing

@testable import Measurements

/// The repository's `fixtures/results/`.
let resultFixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("fixtures/results").path

/// The bytes of a file of `fixtures/results/`.
func resultFixture(_ name: String) throws -> [UInt8] {
    let file = try OpenFile(resultFixtures + "/" + name)
    return try file.bytes(0..<file.byteCount)
}

/// What a file of `fixtures/results/` tells, recognized by its content.
func fixtureResults(_ name: String) throws -> [MeasuredResult] {
    try ResultFormats.results(in: ResultDocument(resultFixture(name)))
}

/// What a text tells, recognized by its content.
func results(
    _ text: String, format: String? = nil, map: [String] = []
) throws(FormatError) -> [MeasuredResult] {
    let columns = map.isEmpty ? nil : try ColumnMap(map)
    return try ResultFormats.results(in: ResultDocument(Array(text.utf8)), format: format, map: columns)
}

/// Expects that `text` is refused with a message that has all of `words`.
func expectRefusal(
    _ text: String, format: String? = nil, map: [String] = [], saying words: String...,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let error = #expect(throws: FormatError.self, sourceLocation: sourceLocation) {
        try results(text, format: format, map: map)
    }
    let message = error?.description ?? ""
    for word in words { #expect(message.contains(word), "\(message)", sourceLocation: sourceLocation) }
    #expect(error?.remedy.isEmpty == false, sourceLocation: sourceLocation)
}
