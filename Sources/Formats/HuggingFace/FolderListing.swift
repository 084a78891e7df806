import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The regular files below a folder, links to files followed, as one look at the disk found them.
struct FolderListing {
    /// One file, by its path below the folder.
    struct Entry {
        let path: String
        let absolutePath: String
        let identity: FileIdentity
    }

    private(set) var files: [Entry] = []
    private(set) var leftOut: [LeftOutFile] = []

    /// Folders inside folders: `text_encoder/…` is one, and nobody nests models deeper than three.
    static let greatestDepth = 3
    /// More files than this are no model's folder.
    static let greatestCount = 20_000

    /// Files that another tool's store gives these names.
    init(files: [Entry], leftOut: [LeftOutFile]) {
        self.files = files
        self.leftOut = leftOut
    }

    /// - Parameter root: the folder's path, without a final `/`.
    init(of root: String) throws {
        try add(root, below: "", depth: 0)
    }

    private mutating func add(_ folder: String, below prefix: String, depth: Int) throws {
        var names: Set<String> = []
        for name in try Folder.entries(of: folder) {
            let path = prefix + name
            let absolutePath = folder + "/" + name
            guard !name.hasPrefix(".") else {
                leaveOut(path, Folder.isFolder(absolutePath), "hidden")
                continue
            }
            // `entries` gives such a name with U+FFFD in it, and under that name there is nothing.
            guard !name.unicodeScalars.contains("\u{FFFD}") || Folder.exists(absolutePath) else {
                leaveOut(path, false, "its name is no UTF-8; rename it to take it along")
                continue
            }
            try PlainName.check(file: path, in: folder)
            // Swift compares strings as Unicode does: two spellings of one name would be one key from here on.
            guard names.insert(name).inserted else {
                throw FormatError(
                    .unsupported,
                    "another name differs from \(PlainName.quoted(path)) only in how Unicode composes its letters",
                    file: folder, remedy: "Rename one of the two")
            }
            switch PathKind(absolutePath) {
            case .file(let identity):
                files.append(Entry(path: path, absolutePath: absolutePath, identity: identity))
            case .folder where name == "__pycache__": leaveOut(path, true, "a cache")
            case .folder where Self.isStore(absolutePath): leaveOut(path, true, "a store of Ingot")
            case .folder where depth < Self.greatestDepth:
                try add(absolutePath, below: path + "/", depth: depth + 1)
            case .folder: leaveOut(path, true, "more than \(Self.greatestDepth) folders deep")
            case .linkedFolder: leaveOut(path, true, "a link to a folder")
            case .nothing(let number) where number != ENOENT && number != ELOOP:
                throw FileError("open", absolutePath, number: number)
            case .nothing: leaveOut(path, false, "a link to nothing")
            case .special: leaveOut(path, false, "no regular file")
            }
            guard files.count <= Self.greatestCount else {
                throw FormatError(
                    .refused, "more than \(Self.greatestCount) files are in this folder and those below it",
                    file: folder, remedy: "Name the model's own folder")
            }
        }
    }

    /// Whether the folder is where Ingot keeps its catalog and blobs: the model may lie beside the store.
    private static func isStore(_ path: String) -> Bool {
        Folder.exists(path + "/catalog.sqlite") && Folder.isFolder(path + "/blobs")
    }

    private mutating func leaveOut(_ path: String, _ isFolder: Bool, _ reason: String) {
        leftOut.append(LeftOutFile(path: isFolder ? path + "/" : path, reason: reason))
    }
}

/// What a path leads to.
enum PathKind: Equatable {
    /// A regular file, or a link to one.
    case file(FileIdentity)
    case folder, linkedFolder
    /// Nothing, or a link to nothing, or what cannot be looked at: with the system's error number.
    case nothing(Int32)
    /// A device, a pipe or a socket: opening one could wait without end.
    case special

    init(_ path: String) {
        var status = stat()
        guard SystemCalls.status(at: path, &status) == 0 else {
            self = .nothing(errno)
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file(FileIdentity(status))
        case S_IFDIR:
            var link = stat()
            let isLink = SystemCalls.linkStatus(at: path, &link) == 0 && link.st_mode & S_IFMT == S_IFLNK
            self = isLink ? .linkedFolder : .folder
        default: self = .special
        }
    }
}
