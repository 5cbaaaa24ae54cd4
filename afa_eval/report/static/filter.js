// A table of class afa-filter gets a search box and a list for each column that sorts its rows into kinds.
// Without this script the table is whole. Nothing is fetched, nothing is stored.
document.addEventListener("DOMContentLoaded", () => {
  const kinds = ["Design", "Claim", "Evidence", "Years"];
  for (const table of document.querySelectorAll("table.afa-filter")) {
    const rows = [...table.querySelectorAll("tbody tr")];
    const heads = [...table.querySelectorAll("thead th")].map((head) => head.textContent.trim());
    const words = (row, column) => row.children[column].textContent.trim();
    const form = document.createElement("form");
    form.className = "afa-controls";
    form.setAttribute("role", "search");
    form.setAttribute("aria-label", "Filter the table");
    form.addEventListener("submit", (event) => event.preventDefault());
    const told = document.createElement("p");
    told.setAttribute("role", "status");
    const control = (name, made) => {
      const label = document.createElement("label");
      label.append(name, made);
      form.append(label);
      made.addEventListener("input", show);
      return made;
    };
    const search = control("Search", Object.assign(document.createElement("input"), { type: "search" }));
    const lists = [];
    for (const name of kinds) {
      const column = heads.indexOf(name);
      const found = column < 0 ? [] : [...new Set(rows.map((row) => words(row, column)))].sort();
      if (found.length > 1) {
        const list = document.createElement("select");
        list.append(new Option("All", ""), ...found.map((text) => new Option(text, text)));
        lists.push([column, control(name, list)]);
      }
    }
    function show() {
      const wanted = search.value.trim().toLowerCase();
      let left = 0;
      for (const row of rows) {
        const fits = lists.every(([column, list]) => !list.value || words(row, column) === list.value);
        row.hidden = !(fits && row.textContent.toLowerCase().includes(wanted));
        left += row.hidden ? 0 : 1;
      }
      told.textContent = `${left} of ${rows.length} rows are shown.`;
    }
    const box = table.closest(".afa-scroll") || table;
    box.before(form, told);
    show();
  }
});
