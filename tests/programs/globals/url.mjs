const url = new URL("../x y?a=1&b=%20&a=ü#frag", "https://User:Pa%20ss@Example.org:8080/b/c/d");
for (const part of ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"]) {
  console.log(part, url[part]);
}
url.pathname = "/ä/../b";
url.port = "443";
url.searchParams.append("c", "d e&f");
url.searchParams.delete("a");
url.hash = "";
console.log(String(url), JSON.stringify({ url }));
for (const input of ["http://[::1]:80/", "http://0x7f.1/", "http://bücher.example/", "file:///a/./b", "data:text/plain,x", "mailto:a@b"]) {
  console.log(new URL(input).href);
}
console.log(URL.canParse("nope"), URL.canParse("x", "http://a"));
try {
  new URL("nope");
} catch (error) {
  console.log(error instanceof TypeError, error.code, error.input);
}

const params = new URLSearchParams([["b", "2"], ["a", "1"], ["b", "3 +"]]);
params.sort();
console.log(params.toString(), params.getAll("b"), params.has("a"), params.has("a", "2"), params.size, params.get("z"));
for (const [name, value] of new URLSearchParams("?q=%F0%9F%94%A5&plus=a+b&empty=&bare")) console.log(name, JSON.stringify(value));
console.log([...new URLSearchParams({ a: "1", b: "x y" }).keys()].join(), new URLSearchParams("a=1").entries().next().value);
