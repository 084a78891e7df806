import Testing

@testable import Measurements

@Suite("Numbers in logs") struct NumberTextTests {
    @Test(
        "are rounded as Swift's own reader rounds them",
        arguments: [
            "0", "-0", "1", "1.5", "2.81e-05", "1e22", "1e23", "0.1", "123456789012345678901", "4.9e-324", ".5",
        ])
    func rounding(text: String) {
        let bytes = Array(text.utf8)
        let number = NumberText.number(bytes.span, 0, bytes.count)
        #expect(number?.bitPattern == Double(text)?.bitPattern)
    }

    @Test("may be nan and infinite, in any case", arguments: ["NaN", "nan", "-Infinity", "inf"])
    func words(text: String) {
        let bytes = Array(text.utf8)
        #expect(NumberText.number(bytes.span, 0, bytes.count)?.isFinite == false)
    }

    @Test("are nothing else", arguments: ["", "-", "1.2.3", "0x10", "1e", "12a", "null"])
    func others(text: String) {
        let bytes = Array(text.utf8)
        #expect(NumberText.number(bytes.span, 0, bytes.count) == nil)
    }
}
