console.log(btoa("hot cell\0\xff"), JSON.stringify(atob("aG90IGNlbGwA/w==")), atob(" aG 90 "), btoa(""), atob(""));
for (const wrong of [() => btoa("€"), () => atob("a"), () => atob("*"), () => atob("aG90=")]) {
  try {
    wrong();
  } catch (error) {
    console.log(error instanceof DOMException, error.name, error.code);
  }
}
