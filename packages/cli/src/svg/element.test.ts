import { expect, test } from "vitest";
import { element, svgDocument } from "./element";
import { arrow, text } from "./shapes";

test("text and attributes are escaped", () => {
  expect(text([1, 2], 'a < b & "c"')).toContain(">a &lt; b &amp; &quot;c&quot;</text>");
  expect(element("g", { id: '"><script>' })).toBe('<g id="&quot;&gt;&lt;script&gt;"/>');
});

test("numbers are rounded to a tenth, without a negative zero, and undefined attributes left out", () => {
  expect(element("circle", { cx: 1.26, cy: -0.01, r: undefined })).toBe('<circle cx="1.3" cy="0"/>');
});

test("a document has a title and a ground of its own size", () => {
  const svg = svgDocument({ width: 99.5, height: 40 }, "A & B", []);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 100 40" /);
  expect(svg).toContain("<title>A &amp; B</title>");
  expect(svg).toContain('<rect width="99.5" height="40" fill="#ffffff"/>');
});

test("an arrow's head points along its last piece and ends where the arrow does", () => {
  const [, points] = /<polygon points="([^"]+)"/.exec(
    arrow([
      [0, 0],
      [0, 50],
      [30, 50],
    ]),
  ) as RegExpExecArray;
  expect(points).toBe("30,50 22,53.5 22,46.5");
});
