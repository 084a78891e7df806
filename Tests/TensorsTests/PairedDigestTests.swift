import Bytes
import Testing

@testable import Tensors

@Suite("Paired digest") struct PairedDigestTests {
    static let implementations = PairedDigest.Implementation.allCases.filter(\.isSupported)

    /// A header, tensors and trailing bytes of random lengths, each cut at random places.
    @Test("equals two streams of swift-crypto, however the bytes are cut", arguments: implementations, 0..<UInt64(30))
    func random(implementation: PairedDigest.Implementation, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var pair = PairedDigest(implementation)
        var file = DigestStream()
        for part in 0..<Int.random(in: 1...6, using: &generator) {
            let isTensor = part % 2 == 1
            var tensor = DigestStream()
            if isTensor { pair.beginTensor() }
            for _ in 0..<Int.random(in: 0...8, using: &generator) {
                let count = Int.random(in: 0...(Bool.random(using: &generator) ? 130 : 5000), using: &generator)
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
                file.update(bytes.span)
                if isTensor {
                    tensor.update(bytes.span)
                    pair.updateBoth(bytes.span)
                } else {
                    pair.updateFileOnly(bytes.span)
                }
            }
            if isTensor {
                let digest = pair.finishTensor()
                #expect(digest == tensor.finish())
            }
        }
        let digest = pair.finishFile()
        #expect(digest == file.finish())
    }

    /// Around the ends of blocks the two streams have every phase to each other.
    @Test("equals them at every length around the ends of blocks", arguments: implementations)
    func lengths(implementation: PairedDigest.Implementation) {
        let bytes = (0..<400).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for head in [0, 1, 8, 55, 63, 64, 65] {
            for count in [0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 127, 128, 191, 192, 193, 256, 300] {
                var pair = PairedDigest(implementation)
                pair.updateFileOnly(bytes.span.extracting(0..<head))
                pair.beginTensor()
                pair.updateBoth(bytes.span.extracting(head..<head + count))
                let digests = [pair.finishTensor(), pair.finishFile()]
                let whole = Array(bytes.prefix(head + count))
                #expect(digests == [Digest(of: Array(whole.dropFirst(head))), Digest(of: whole)])
            }
        }
    }

    /// A file that is written while another tensor is read, in pieces of any lengths.
    @Test("equals two streams of swift-crypto over different bytes", arguments: implementations, 0..<UInt64(30))
    func different(implementation: PairedDigest.Implementation, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var pair = PairedDigest(implementation)
        var file = DigestStream()
        var tensor = DigestStream()
        pair.beginTensor()
        func some() -> [UInt8] {
            let count = Int.random(in: 0...(Bool.random(using: &generator) ? 200 : 3000), using: &generator)
            return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        for _ in 0..<12 {
            let written = some(), read = some()
            pair.updateBoth(file: written.span, tensor: read.span)
            file.update(written.span)
            tensor.update(read.span)
        }
        let digests = [pair.finishTensor(), pair.finishFile()]
        #expect(digests == [tensor.finish(), file.finish()])
    }

    @Test("of nothing is the standard's") func nothing() {
        #expect(PairedDigest().finishFile().hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}
