import Bytes

/// The check of names that come from outside: lists of lines (`name TAB dtype …`) hold them, so no control character
/// may stand in one.
enum PlainName {
    static func hasControlCharacter(_ name: String) -> Bool {
        // Nearly all names are visible ASCII, which asks no table.
        guard !name.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return false }
        return name.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    /// The longest tensor name that is read, in bytes: messages and lists hold names.
    static let longestTensorName = 4096
    /// The name in ASCII, in quotes, with everything else escaped, and cut when it is long.
    static func quoted(_ name: String) -> String { JSONValue.string(name.shortened).text(.python) }

    /// - Parameters:
    ///   - path: the path below the model's folder.
    ///   - folder: the folder that holds the file.
    static func check(file path: String, in folder: String) throws(FormatError) {
        guard !hasControlCharacter(path), !path.utf8.contains(UInt8(ascii: "\\")) else {
            throw FormatError(
                .unsupported, "the file name \(quoted(path)) has a control character or a backslash", file: folder,
                remedy: "Rename the file")
        }
    }

    /// - Parameter place: where the name stands in the file, if it comes from one.
    static func check(tensor name: String, at place: Int?) throws(FormatError) {
        guard !name.isEmpty else {
            throw FormatError(
                .unsupported, "a tensor has an empty name", at: place, remedy: "Give the tensor a name")
        }
        guard name.utf8.count <= longestTensorName else {
            throw FormatError(
                .unsupported, "the tensor name \(quoted(name)) is longer than \(longestTensorName) bytes", at: place,
                remedy: "Rename the tensor")
        }
        guard !hasControlCharacter(name) else {
            throw FormatError(
                .unsupported, "the tensor name \(quoted(name)) has a control character", at: place,
                remedy: "Rename the tensor")
        }
    }
}
