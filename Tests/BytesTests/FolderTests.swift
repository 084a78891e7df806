import Foundation
import Testing

@testable import Bytes

@Suite("Folders") struct FolderTests {
    /// A folder's path, made and removed around `body`.
    private func inFolder(_ body: (String) async throws -> Void) async throws {
        let path = NSTemporaryDirectory() + "ingot-folder-" + UUID().uuidString
        try Folder.make(path)
        do {
            try await body(path)
        } catch {
            try Folder.removeTree(path)
            throw error
        }
        try Folder.removeTree(path)
        #expect(!Folder.exists(path))
    }

    @Test("are made with those above them, and again is no error") func make() async throws {
        try await inFolder { path in
            for name in ["/a/b/c", "/a/b/c", "//d//e/", "/a/f"] {
                try Folder.make(path + name)
                #expect(Folder.isFolder(path + name))
            }
            #expect(try Folder.entries(of: path) == ["a", "d"])
            #expect(try Folder.entries(of: path + "/a") == ["b", "f"])
        }
    }

    @Test("tell what their names stand for, links not followed") func kinds() async throws {
        try await inFolder { path in
            try Folder.make(path + "/folder")
            try NewFile(path + "/file").seal()
            for target in ["folder", "nothing"] {
                try FileManager.default.createSymbolicLink(atPath: "\(path)/to-\(target)", withDestinationPath: target)
            }
            try #require(mkfifo(path + "/pipe", 0o600) == 0)
            let found = try Folder.entries(of: path).map { Folder.entry(at: "\(path)/\($0)") }
            #expect(found == [.file, .folder, .other, .link, .link])
            #expect(Folder.entry(at: path + "/gone") == .other)
        }
    }

    @Test("say what the system says against them") func reasons() async throws {
        try await inFolder { path in
            let file = path + "/file"
            try NewFile(file).seal()
            let long = path + "/" + String(repeating: "x", count: 300)
            #expect(#expect(throws: FileError.self) { try Folder.make(file) }?.number == ENOTDIR)
            #expect(#expect(throws: FileError.self) { try Folder.make(file + "/a/b") }?.number == ENOTDIR)
            #expect(#expect(throws: FileError.self) { try Folder.make(long) }?.number == ENAMETOOLONG)
            #expect(#expect(throws: FileError.self) { try Folder.entries(of: file) }?.number == ENOTDIR)
            #expect(#expect(throws: FileError.self) { try Folder.entries(of: path + "/no") }?.number == ENOENT)
            #expect(#expect(throws: FileError.self) { try Folder.removeTree(file + "/a") }?.number == ENOTDIR)
        }
    }

    /// Runs `body` without root's right to open everything: on Linux the file system's user is the thread's own.
    private static func asNobody(_ body: () throws -> Void) throws {
        guard geteuid() == 0 else { return try body() }
        typealias SetUser = @convention(c) (UInt32) -> Int32
        guard let address = unsafe dlsym(nil, "setfsuid") else {
            Issue.record("root may do everything here, and there is no setfsuid to give that up")
            return
        }
        // The C library's function, by its declaration in <sys/fsuid.h>, which Swift does not import.
        let setUser = unsafe unsafeBitCast(address, to: SetUser.self)
        _ = setUser(65_534)
        defer { _ = setUser(0) }
        try body()
    }

    @Test("without permission say so") func permission() async throws {
        try await inFolder { path in
            let closed = path + "/closed"
            try Folder.make(closed + "/inner")
            try #require(unsafe chmod(closed, 0) == 0)
            defer { _ = unsafe chmod(closed, 0o700) }
            try Self.asNobody {
                #expect(#expect(throws: FileError.self) { try Folder.make(closed + "/a") }?.number == EACCES)
                #expect(#expect(throws: FileError.self) { try Folder.entries(of: closed) }?.number == EACCES)
                #expect(#expect(throws: FileError.self) { try Folder.removeTree(closed) }?.number == EACCES)
            }
        }
    }

    @Test("are removed with what is in them, but not what links in them lead to") func remove() async throws {
        try await inFolder { path in
            try Folder.make(path + "/kept/inner")
            try Folder.make(path + "/gone/a/b")
            try NewFile(path + "/gone/a/b/file").seal()
            try FileManager.default.createSymbolicLink(
                atPath: path + "/gone/link", withDestinationPath: path + "/kept")
            try FileManager.default.createSymbolicLink(atPath: path + "/gone/dangling", withDestinationPath: "none")
            try Folder.removeTree(path + "/gone")
            try Folder.removeTree(path + "/gone")
            #expect(try Folder.entries(of: path) == ["kept"])
            #expect(try Folder.entries(of: path + "/kept") == ["inner"])
        }
    }

    @Test("may be removed by several at once") func together() async throws {
        try await inFolder { path in
            let tree = path + "/tree"
            for number in 0..<200 {
                try Folder.make("\(tree)/\(number % 20)/\(number)")
                try NewFile("\(tree)/\(number % 20)/\(number)/file").seal()
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { try Folder.removeTree(tree) } }
                try await group.waitForAll()
            }
            #expect(!Folder.exists(tree))
        }
    }

    @Test("tell the free space of the disk") func freeSpace() throws {
        #expect(try #require(Folder.freeByteCount(at: NSTemporaryDirectory())) >= 0)
        #expect(Folder.freeByteCount(at: "/no such place") == nil)
    }

    @Test("and pipes and devices are no files to open, and none waits", .timeLimit(.minutes(5)))
    func special() async throws {
        try await inFolder { path in
            let pipe = path + "/pipe"
            try #require(unsafe mkfifo(pipe, 0o600) == 0)
            for name in [pipe, "/dev/null"] {
                let error = #expect(throws: FileError.self) { try OpenFile(name) }
                #expect(error?.description == "cannot open \(name): it is not a regular file. Check the path.")
            }
            #expect(#expect(throws: FileError.self) { try OpenFile(path) }?.number == EISDIR)
        }
    }

    @Test(
        "and files have a time of change that fits, however far",
        arguments: [
            (1, 5, 1_000_000_005), (.max, 5, .max), (9_223_372_036, 854_775_807, .max),
            (9_223_372_036, 854_775_808, .max), (10_000_000_000, 0, .max), (-10_000_000_000, 0, .min),
        ] as [(Int64, Int64, Int64)])
    func time(seconds: Int64, rest: Int64, expected: Int64) {
        #expect(FileIdentity.nanoseconds(seconds: seconds, rest) == expected)
    }
}
