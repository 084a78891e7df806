import Charts
import Testing

@Suite("SVG element") struct SVGElementTests {
    @Test("escapes what would be markup, in attributes and in words") func escapes() {
        let element = SVGElement("text", [("class", "a\"b")], words: "x < y & 'z'\u{1}")
        #expect(element.text == "<text class=\"a&quot;b\">x &lt; y &amp; &#39;z&#39;\u{FFFD}</text>")
    }

    @Test("nests, and closes itself when it is empty") func nests() {
        #expect(SVGElement("g", [], [SVGElement("path", [("d", "M0 0")])]).text == "<g><path d=\"M0 0\"/></g>")
    }
}
