const entries = [...document.querySelectorAll('.e')];
const find = document.getElementById('find');
const count = document.getElementById('count');
const search = () => {
  const wanted = find.value.toLowerCase();
  let shown = 0;
  for (const entry of entries) {
    entry.hidden = wanted !== '' && !entry.textContent.toLowerCase().includes(wanted);
    shown += entry.hidden ? 0 : 1;
  }
  count.value = wanted === '' ? `${entries.length} entries` : `${shown} of ${entries.length} entries`;
};
let waiting;
find.addEventListener('input', () => {
  clearTimeout(waiting);
  waiting = setTimeout(search, 120);
});
search();
