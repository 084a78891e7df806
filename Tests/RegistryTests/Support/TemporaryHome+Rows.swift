import Registry

extension TemporaryHome {
    /// What a query gives, each row's values in words.
    func rows(_ sql: String) throws -> [String] {
        var found: [String] = []
        _ = try registry.query(sql) { _ in
        } row: {
            found.append("\($0)")
        }
        return found
    }
}
