import Ingot

/// Registers a folder of weights, makes a 4-bit variant of it, and lists what the home holds, smallest first.
func compress(_ folder: String, as name: String, home: String) async throws -> [[QueryValue]] {
    let registry = try ModelRegistry(home: home, access: .readWrite)

    var request = RegisterRequest(path: folder)
    request.name = name
    let checkpoint = try await registry.register(request)

    let variant = try await registry.convert(ConvertRequest(name: checkpoint.name, scheme: "nf4"))
    print("\(variant.name): \(variant.bitsPerWeight) bits a weight, relative error \(variant.relativeRmse ?? 0)")

    var rows: [[QueryValue]] = []
    let sql = "SELECT name, tag, stored_bytes FROM artifact_summary ORDER BY stored_bytes"
    _ = try registry.query(sql, columns: { _ in }, row: { rows.append($0) })
    return rows
}
