package import Bytes

/// A file in a staging area that shares its bytes with one elsewhere.
package struct AdoptedFile: Sendable {
    package let path: String
    /// Whether it is the other file under a second name, and no clone.
    package let isLink: Bool

    /// Makes its bytes durable. A clone becomes read-only; a link keeps the mode that its owner gave it.
    package func seal() throws(FileError) {
        try OpenFile(path).sync()
        if !isLink { try Folder.setReadOnly(path) }
    }
}

extension StagingArea {
    /// Takes a file in without copying it: as a clone, whose blocks the file system shares until one side changes, else
    /// as a link, if these are wanted.
    /// - Returns: nil when the file system can do neither, or when the file lies on another one.
    package func adopt(_ file: String, links: Bool) throws(FileError) -> AdoptedFile? {
        let path = makePath()
        if try Folder.clone(file, to: path) { return AdoptedFile(path: path, isLink: false) }
        guard links else { return nil }
        do {
            try Folder.link(file, to: path)
        } catch {
            guard error.meansLinksCannotBe else { throw error }
            return nil
        }
        return AdoptedFile(path: path, isLink: true)
    }
}
