import Crypto

/// Files as git names them.
package enum GitBlob {
    /// SHA-1 of `blob`, a space, the length, a zero byte and the bytes, in 40 hexadecimal digits.
    package static func name(of bytes: [UInt8]) -> String {
        var hash = Insecure.SHA1()
        hash.update(data: Array("blob \(bytes.count)\u{0}".utf8))
        hash.update(data: bytes)
        return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
