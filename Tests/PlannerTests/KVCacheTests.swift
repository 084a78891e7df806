import Testing

@testable import Planner

/// Section 6 of the formulas.
@Suite("Key/value cache") struct KVCacheTests {
    @Test(
        "of a token and of 4096",
        arguments: [
            (PlannedModels.llama13B, 819_200, 3.125), (PlannedModels.llama7B, 524_288, 2),
            (PlannedModels.llama70B, 327_680, 1.25), (PlannedModels.llama3, 131_072, 0.5),
        ] as [(String, Int, Double)])
    func token(config: String, bytes: Int, gibibytes: Double) throws {
        let cache = KVCache(try PlannedModels.shape(config), element: .bf16)
        #expect(try cache.byteCountOfToken().byteCount == bytes)
        #expect(Double(try cache.byteCount(context: 4096, batch: 1).byteCount) / gibibyte == gibibytes)
    }

    @Test("of GPT-2 at its limit is 36 MiB") func gpt2() throws {
        let cache = KVCache(try PlannedModels.shape(PlannedModels.gpt2), element: .f16)
        #expect(try cache.byteCountOfToken().byteCount == 36_864)
        #expect(try cache.byteCount(context: 1024, batch: 1).byteCount == 36 << 20)
    }

    /// The vLLM paper says 800 KB a token for OPT-13B: 40 layers, 40 heads of 128.
    @Test("of OPT-13B is what the vLLM paper says") func opt() throws {
        let cache = KVCache(layers: 40, keyValueHeads: 40, headSize: 128)
        #expect(try cache.byteCountOfToken().byteCount == 800 << 10)
    }

    @Test("that is quantized takes its blocks' bytes") func quantized() throws {
        var cache = KVCache(layers: 32, keyValueHeads: 8, headSize: 128, element: .q8_0)
        #expect(try cache.byteCountOfToken().byteCount == 65_536 * 34 / 32)
        cache.element = .q4_0
        #expect(try cache.byteCountOfToken().byteCount == 65_536 * 18 / 32)
        cache.element = .fp8
        #expect(try cache.byteCountOfToken().byteCount == 65_536)
    }

    @Test("keeps a window's tokens on windowed layers alone") func window() throws {
        var cache = KVCache(layers: 26, keyValueHeads: 4, headSize: 256)
        cache.window = 4096
        cache.windowedLayers = 13
        let layer = 2 * 4 * 256 * 2
        #expect(try cache.byteCount(context: 8192, batch: 2).byteCount == layer * 13 * (8192 + 4096) * 2)
        #expect(try cache.byteCount(context: 1000, batch: 1).byteCount == layer * 26 * 1000)
    }

    @Test("of sinks and recent tokens stops growing") func sinks() throws {
        let cache = KVCache(layers: 2, keyValueHeads: 2, headSize: 4)
        #expect(
            try cache.byteCount(context: 9000, sinks: 4, recent: 1020).byteCount
                == cache.byteCount(context: 1024, batch: 1).byteCount)
        #expect(
            try cache.byteCount(context: 100, sinks: 4, recent: 1020).byteCount
                == cache.byteCount(context: 100, batch: 1).byteCount)
    }

    /// DeepSeek-V3: 61 layers, a latent of 512 and 64 rotary numbers.
    @Test("of latent attention has no heads") func latent() throws {
        var cache = KVCache(layers: 61, keyValueHeads: 128, headSize: 128)
        cache.latentWidth = 512 + 64
        cache.ranks = 8
        #expect(try cache.byteCountOfToken().byteCount == 61 * 576 * 2)
    }

    @Test("in pages is rounded up for each sequence") func pages() throws {
        var cache = KVCache(layers: 1, keyValueHeads: 1, headSize: 1)
        cache.page = 16
        #expect(try cache.byteCount(context: 17, batch: 3).byteCount == 3 * 32 * 4)
    }

    @Test("over more ranks than heads copies the heads") func ranks() throws {
        var cache = KVCache(layers: 80, keyValueHeads: 8, headSize: 128)
        cache.ranks = 4
        #expect(try cache.byteCountOfToken().byteCount == 327_680 / 4)
        cache.ranks = 16
        #expect(try cache.byteCountOfToken().byteCount == 327_680 / 8)
    }

    @Test("of a source text is built once") func cross() throws {
        let cache = KVCache(layers: 6, keyValueHeads: 8, headSize: 64)
        #expect(try cache.crossByteCount(sourceTokens: 100).byteCount == 2 * 6 * 8 * 64 * 100 * 2)
    }

    @Test("tells how many sequences fit") func sequences() throws {
        let cache = KVCache(try PlannedModels.shape(PlannedModels.llama7B), element: .bf16)
        #expect(try cache.sequences(in: 5 << 30, context: 4096) == 2)
        #expect(try cache.sequences(in: -1, context: 4096) == 0)
    }

    /// EleutherAI's calculator leaves out the factor 2 of keys and values: 1.00 GiB where 2.00 is true.
    @Test("counts keys and values, which another calculator does not") func otherCalculator() throws {
        let cache = KVCache(try PlannedModels.shape(PlannedModels.llama7B), element: .bf16)
        let theirs = 32 * 32 * 128 * 2 * 4096
        #expect(try cache.byteCount(context: 4096, batch: 1).byteCount == 2 * theirs)
    }
}
