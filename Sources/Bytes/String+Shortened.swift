extension String {
    /// The text for a message: whole, or its start and how long it is.
    package var shortened: String {
        let most = 256
        guard utf8.count > most else { return self }
        return String(decoding: utf8.prefix(most), as: UTF8.self) + "… (\(utf8.count) bytes)"
    }
}
