import Bytes

/// Reads files of recipes, Ingot's and mergekit's.
enum RecipeBytes {
    private static let greatestByteCount = 1 << 20

    /// - Throws: `RegistryError` for a file that is too large to be a recipe; what the system says.
    static func read(at path: String) throws -> [UInt8] {
        let file = try OpenFile(path)
        guard file.byteCount <= greatestByteCount else {
            throw RegistryError(
                "\(path) has \(file.byteCount) bytes, and recipes have \(greatestByteCount) at most",
                remedy: "Name the recipe's file")
        }
        return try file.bytes(0..<file.byteCount)
    }
}
