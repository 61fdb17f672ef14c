// Unpacks the script of the page, which the policy names by its hash, and runs it.
const packed = Uint8Array.from(atob(document.getElementById("packed").textContent), (c) => c.charCodeAt());
const script = document.createElement("script");
script.type = "module";
script.textContent = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
document.body.append(script);
