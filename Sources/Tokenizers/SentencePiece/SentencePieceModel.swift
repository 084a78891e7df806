import Bytes

/// What a SentencePiece model file (`tokenizer.model`) holds.
///
/// A protobuf message. Fields of `ModelProto`: 1 a piece (repeated: 1 text, 2 float score, 3 type), 2 `trainer_spec`,
/// 3 `normalizer_spec`. Of `TrainerSpec`: 3 model type (1 unigram, 2 BPE, 3 word, 4 char), 4 vocabulary size, 24 spaces
/// stand behind words, 35 byte fallback, 40 … 43 ids of unknown, beginning, end and padding (-1: none), 45 … 48 their
/// texts. Of `NormalizerSpec`: 1 name, 2 compiled character table, 3 adds a space in front, 4 removes extra spaces,
/// 5 writes spaces as U+2581; the three are true when absent. Source: google/sentencepiece, sentencepiece_model.proto.
struct SentencePieceModel: Equatable {
    /// How pieces are chosen.
    enum Algorithm: UInt64 { case unigram = 1, bpe, word, character }

    var pieces: [Token] = []
    var algorithm: Algorithm = .unigram
    /// The ids of unknown (0 when absent), beginning (1), end (2) and padding (none); nil where the file says -1.
    var specialTokens: [SpecialToken: Int] = [.unknown: 0, .beginning: 1, .end: 2]
    var hasByteFallback = false
    var characterMap: [UInt8] = []
    var addsSpacePrefix = true
    var removesExtraWhitespace = true

    init() {}

    /// - Throws: `FormatError` with the byte where the message is broken, and for what is no model of pieces.
    init(parsing document: [UInt8]) throws(FormatError) {
        var reader = ProtobufReader(document)
        while let (number, value) = try reader.next() {
            switch (number, value) {
            case (1, .bytes(let range)):
                guard pieces.count < VocabularySlots.greatestCount else {
                    throw reader.fault("more than \(VocabularySlots.greatestCount) pieces", at: range.lowerBound)
                }
                pieces.append(try Self.piece(document, range))
            case (2, .bytes(let range)): try readTrainer(document, range)
            case (3, .bytes(let range)): try readNormalizer(document, range)
            case (1, _), (2, _), (3, _): throw reader.fault("field \(number) is no message", at: reader.offset)
            default: break
            }
        }
        guard !pieces.isEmpty else { throw reader.fault("a SentencePiece model without pieces", at: 0) }
        specialTokens = specialTokens.filter { $0.value < pieces.count }
    }

    private static func piece(_ document: [UInt8], _ range: Range<Int>) throws(FormatError) -> Token {
        var reader = ProtobufReader(document, in: range)
        var token = Token([])
        while let (number, value) = try reader.next() {
            switch (number, value) {
            case (1, .bytes(let text)): token.text = reader.bytes(text)
            case (2, .fixed32(let bits)): token.score = Float(bitPattern: bits)
            case (3, .number(let number)):
                guard let type = Int32(exactly: number).flatMap(TokenType.init) else {
                    throw reader.fault("type \(number) of a piece; types are 1 to 6", at: range.lowerBound)
                }
                token.type = type
            default: break
            }
        }
        guard token.score.isFinite else { throw reader.fault("a score that is not finite", at: range.lowerBound) }
        guard !token.text.isEmpty else { throw reader.fault("a piece without text", at: range.lowerBound) }
        return token
    }

    private mutating func readTrainer(_ document: [UInt8], _ range: Range<Int>) throws(FormatError) {
        var reader = ProtobufReader(document, in: range)
        let ids: [UInt64: SpecialToken] = [40: .unknown, 41: .beginning, 42: .end, 43: .padding]
        while let (number, value) = try reader.next() {
            guard case .number(let value) = value else { continue }
            switch number {
            case 3:
                guard let algorithm = Algorithm(rawValue: value) else {
                    throw reader.fault("model type \(value); types are 1 to 4", at: range.lowerBound)
                }
                self.algorithm = algorithm
            case 24 where value != 0:
                throw FormatError(
                    .unsupported, "the tokenizer puts spaces behind words instead of in front", at: range.lowerBound,
                    remedy: "No runtime of ours reads such a vocabulary; use a model with another tokenizer")
            case 35: hasByteFallback = value != 0
            case 40...43:
                guard let token = ids[number] else { continue }
                let id = Int32(truncatingIfNeeded: value)  // int32 in the schema: a negative one fills 64 bits
                specialTokens[token] = id < 0 ? nil : Int(id)
            default: break
            }
        }
    }

    private mutating func readNormalizer(_ document: [UInt8], _ range: Range<Int>) throws(FormatError) {
        var reader = ProtobufReader(document, in: range)
        while let (number, value) = try reader.next() {
            switch (number, value) {
            case (2, .bytes(let map)): characterMap = reader.bytes(map)
            case (3, .number(let value)): addsSpacePrefix = value != 0
            case (4, .number(let value)): removesExtraWhitespace = value != 0
            default: break
            }
        }
    }

    /// The message, with fields in the order of their numbers.
    func document() -> [UInt8] {
        var model = ProtobufWriter()
        for token in pieces {
            var piece = ProtobufWriter()
            piece.bytes(1, token.text)
            piece.float(2, token.score)
            if token.type != .normal { piece.number(3, Int(token.type.rawValue)) }
            model.bytes(1, piece.message)
        }
        var trainer = ProtobufWriter()
        trainer.number(3, algorithm.rawValue)
        trainer.number(4, pieces.count)
        trainer.bool(35, hasByteFallback)
        for (field, token) in [(UInt64(40), SpecialToken.unknown), (41, .beginning), (42, .end), (43, .padding)] {
            trainer.number(field, specialTokens[token] ?? -1)
        }
        for (field, token) in [(UInt64(45), SpecialToken.unknown), (46, .beginning), (47, .end), (48, .padding)] {
            if let id = specialTokens[token], id < pieces.count { trainer.bytes(field, pieces[id].text) }
        }
        model.bytes(2, trainer.message)
        var normalizer = ProtobufWriter()
        normalizer.bytes(1, Array((characterMap.isEmpty ? "identity" : "user_defined").utf8))
        if !characterMap.isEmpty { normalizer.bytes(2, characterMap) }
        normalizer.bool(3, addsSpacePrefix)
        normalizer.bool(4, removesExtraWhitespace)
        normalizer.bool(5, true)
        model.bytes(3, normalizer.message)
        return model.message
    }
}
