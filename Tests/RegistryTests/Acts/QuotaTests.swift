import Bytes
import Foundation
import Testing

@testable import Registry

@Suite("Quota") struct QuotaTests {
    @Test("refuses before anything is written, and says what would free space") func forecast() async throws {
        let home = try await ConvertTests.homeWithModel()
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        let stored = try home.registry.homeReport().storedBytes
        let files = try home.storedFiles()
        try home.registry.setMaxBytes(stored + 1000)
        await #expect {
            try await home.register(try MadeModel.llama(seed: 90).write(to: home.path("n")), as: "n")
        } throws: { "\($0)".contains("may hold \(stored + 1000)") && "\($0)".contains("ingot evict m:nf4") }
        await #expect { try await home.registry.convert(ConvertRequest(name: "m", scheme: "fp4")) } throws: {
            "\($0)".contains("may hold")
        }
        #expect(try home.storedFiles() == files)
        try home.registry.setMaxBytes(nil)
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "fp4"))
    }

    @Test("refuses in the midst what could not be foreseen, and leaves the home as it was") func underway() async throws
    {
        let home = try await ConvertTests.homeWithModel()
        let files = try home.storedFiles()
        try home.registry.setMaxBytes(try home.registry.homeReport().storedBytes + 1000)
        // Other bytes under a known name and length: they look like the same until they are read.
        let path = try MadeModel.llama(seed: 90).write(to: home.path("n"))
        await #expect { try await home.register(path, as: "n") } throws: { "\($0)".contains("more are to be written") }
        #expect(try home.storedFiles() == files)
        // The same bytes again need nothing.
        try await home.register(home.path("m"), as: "again")
    }

    @Test("is kept, shown and taken back") func settings() throws {
        let home = try TemporaryHome()
        #expect(try home.registry.homeReport().maxBytes == nil)
        try home.registry.setMaxBytes(5)
        #expect(try ModelRegistry(home: home.registry.home, access: .readOnly).homeReport().maxBytes == 5)
        try home.registry.setMaxBytes(nil)
        #expect(try home.registry.homeReport().maxBytes == nil)
        #expect(throws: RegistryError.self) { try home.registry.setMaxBytes(-1) }
    }
}
