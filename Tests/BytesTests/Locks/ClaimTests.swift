import Foundation
import Testing

@testable import Bytes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Claims") struct ClaimTests {
    private let folder = NSTemporaryDirectory() + "ingot-claim-" + UUID().uuidString
    private var path: String { folder + "/turn" }

    init() throws { try Folder.make(folder) }

    private static let kinds = [FileSystemKind.local, .network("NFS")]

    /// Makes the file look as if it had last been written to so long ago.
    private func age(bySeconds seconds: Int) throws {
        let then = Date(timeIntervalSinceNow: -Double(seconds))
        try FileManager.default.setAttributes([.modificationDate: then], ofItemAtPath: path)
    }

    private func attempt(_ kind: FileSystemKind, absent: Claim.Absence = .create) throws -> Claim? {
        try Claim.attempt(path, for: "register /data/llama", on: kind, absent: absent)
    }

    @Test("keep others out until they are released, and say who holds them", arguments: kinds)
    func excludes(kind: FileSystemKind) throws {
        defer { try? Folder.removeTree(folder) }
        let first = try #require(try attempt(kind))
        #expect(try attempt(kind) == nil)
        #expect(first.isHeld)
        let record = try #require(Claim.record(of: path))
        #expect(record.description == "process \(getpid()) (register /data/llama)")
        #expect(record.process.state == .running)
        #expect(!record.process.isStopped)
        first.release()
        let second = try attempt(kind)
        #expect(second?.isHeld == true)
        second?.release()
        let left = try Folder.entries(of: folder)
        #expect(left == (kind == .local ? ["turn"] : []))
    }

    @Test("of what is not there are none", arguments: kinds) func absent(kind: FileSystemKind) throws {
        defer { try? Folder.removeTree(folder) }
        #expect(try attempt(kind, absent: .ignore) == nil)
        #expect(try Folder.entries(of: folder) == [])
    }

    @Test("of many at once give one the place", arguments: kinds) func race(kind: FileSystemKind) async throws {
        defer { try? Folder.removeTree(folder) }
        let path = path
        let claims = try await withThrowingTaskGroup(of: Claim?.self) { group in
            for _ in 0..<16 { group.addTask { try Claim.attempt(path, for: "x", on: kind) } }
            return try await group.reduce(into: [Claim]()) { claims, claim in claim.map { claims.append($0) } }
        }
        #expect(claims.count == 1)
        #expect(claims.first?.isHeld == true)
        claims.first?.release()
    }

    @Test("by lease outlive their process until they expire") func expires() throws {
        defer { try? Folder.removeTree(folder) }
        let first = try #require(try attempt(.network("NFS")))
        try age(bySeconds: Lease.secondsUntilExpiry - 5)
        #expect(try attempt(.network("NFS")) == nil)
        try age(bySeconds: Lease.secondsUntilExpiry + 5)
        let second = try #require(try attempt(.network("NFS")))
        #expect(second.isHeld)
        #expect(!first.isHeld, "the first holder must find out that it lost its place")
        first.release()
        #expect(second.isHeld, "what the first gives back is no longer its own")
        second.release()
        #expect(try Folder.entries(of: folder) == [])
    }

    @Test("by lease last on while they are renewed") func renews() throws {
        defer { try? Folder.removeTree(folder) }
        let lease = try #require(try Lease(path, for: "x", absent: .create))
        try age(bySeconds: Lease.secondsUntilExpiry + 5)
        lease.renew()
        #expect(lease.isHeld)
        #expect(try attempt(.network("NFS")) == nil)
        #expect(Claim.record(of: path)?.renewalCount == 1)
        lease.release()
    }

    @Test("by lease are not brought back by a holder that lost them") func lost() throws {
        defer { try? Folder.removeTree(folder) }
        let lease = try #require(try Lease(path, for: "x", absent: .create))
        try age(bySeconds: Lease.secondsUntilExpiry + 5)
        let second = try #require(try attempt(.network("NFS")))
        let record = Claim.record(of: path)
        lease.renew()
        #expect(!lease.isHeld)
        #expect(Claim.record(of: path) == record)
        second.release()
    }

    @Test("by lease work where files have one name only") func noLinks() async throws {
        defer { try? Folder.removeTree(folder) }
        let path = path
        let claim = try await CallSeam.watching({ $0.call == .link ? .fail(EPERM) : .pass }) {
            let claim = try Claim.attempt(path, for: "x", on: .network("SMB"))
            #expect(try Claim.attempt(path, for: "y", on: .network("SMB")) == nil)
            return claim
        }
        #expect(claim?.isHeld == true)
        claim?.release()
        #expect(try Folder.entries(of: folder) == [])
    }

    /// Where flock(2) is not offered.
    @Test("by lock become leases where there are no locks") func noLocks() async throws {
        defer { try? Folder.removeTree(folder) }
        let path = path
        let claim = try await CallSeam.watching({ $0.call == .lock ? .fail(ENOLCK) : .pass }) {
            // The file that the lock was tried on has no holder and no record: it must age first.
            _ = try Claim.attempt(path, for: "x", on: .local)
            try age(bySeconds: Lease.secondsUntilExpiry + 5)
            return try Claim.attempt(path, for: "x", on: .local)
        }
        #expect(claim?.isHeld == true)
        claim?.release()
    }

    @Test(
        "read no record from bytes that are none",
        arguments: ["", "ingot claim 1", "ingot claim 1\nx\n\n\n\n0\n\n", String(repeating: "\n", count: 7)])
    func hostile(text: String) throws {
        #expect(ClaimRecord(parsing: Array(text.utf8)) == nil)
    }

    @Test("write records that read back, of one length however often they are renewed") func record() {
        var record = ClaimRecord(act: "register /data/a\nb " + String(repeating: "x", count: 2_000))
        #expect(ClaimRecord(parsing: record.bytes) == record)
        let count = record.bytes.count
        record.renewalCount = 999_999
        #expect(record.bytes.count == count)
        #expect(count < ClaimRecord.greatestByteCount)
        #expect(ClaimRecord(parsing: record.bytes)?.renewalCount == 999_999)
    }
}

@Suite("File systems") struct FileSystemKindTests {
    @Test("are what a task is told, for it and its children") func override() async {
        await FileSystemKind.$override.withValue(.network("NFS")) {
            #expect(FileSystemKind(of: "/").networkName == "NFS")
            async let child = FileSystemKind(of: "/tmp")
            #expect(await child == .network("NFS"))
        }
        #expect(FileSystemKind(of: "/nowhere/at/all") == .local)
        #expect(FileSystemKind(of: "/proc") == .local)
    }
}
