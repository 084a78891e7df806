import Testing

@testable import Bytes

@Suite("Digest") struct DigestTests {
    /// FIPS 180-4, example "abc".
    @Test("of 'abc' is the standard's") func standard() {
        #expect(Digest(of: "abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test("comes back from its hexadecimal form") func hex() {
        let digest = Digest(of: "ingot")
        #expect(Digest(hex: digest.hex) == digest)
        #expect(Digest(hex: digest.hex.uppercased()) == digest)
        #expect(Digest(hex: String(digest.hex.dropLast())) == nil)
        #expect(Digest(hex: String(digest.hex.dropLast()) + "g") == nil)
    }
}
