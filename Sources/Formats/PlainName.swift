import Bytes

/// The check of names that come from outside: lists of lines (`name TAB dtype …`) hold them, so no control character
/// may stand in one.
enum PlainName {
    static func hasControlCharacter(_ name: String) -> Bool {
        name.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    /// The name in ASCII, in quotes, with everything else escaped.
    static func quoted(_ name: String) -> String { JSONValue.string(name).text(.python) }

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
        guard !hasControlCharacter(name) else {
            throw FormatError(
                .unsupported, "the tensor name \(quoted(name)) has a control character", at: place,
                remedy: "Rename the tensor")
        }
    }
}
