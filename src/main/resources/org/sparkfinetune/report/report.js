
// Shows the values under the pointer. No less-than sign and no ampersand in here: the page is XML as well.
(function () {
  'use strict';
  function scale(text) {
    var p = text.split(' ').map(Number);
    var f = p[4] ? Math.log : function (v) { return v; };
    return function (v) { return p[2] + (f(v) - f(p[0])) / (f(p[1]) - f(p[0])) * (p[3] - p[2]); };
  }
  document.querySelectorAll('.chart > svg[data-x]').forEach(function (svg) {
    var x = scale(svg.dataset.x), y = scale(svg.dataset.y);
    var lines = Array.from(svg.querySelectorAll('.series')).map(function (g) {
      var points = g.dataset.points ? g.dataset.points.split(' ') : [];
      return {
        name: g.dataset.name,
        points: points.map(function (p) {
          var v = p.split(',');
          return { x: v[0], y: v[1], left: x(Number(v[0])), top: y(Number(v[1])) };
        })
      };
    });
    var tip = document.createElement('div');
    tip.className = 'tip';
    tip.hidden = true;
    svg.parentNode.appendChild(tip);
    var pointer = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    pointer.setAttribute('class', 'pointer');
    svg.appendChild(pointer);
    function near(points, left, top) {
      var best = null, least = Infinity;
      points.forEach(function (p) {
        var d = Math.abs(p.left - left) + 0.01 * Math.abs(p.top - top);
        if (least > d) { least = d; best = p; }
      });
      return best;
    }
    svg.addEventListener('pointermove', function (event) {
      var box = svg.getBoundingClientRect();
      var zoom = svg.viewBox.baseVal.width / box.width;
      var left = (event.clientX - box.left) * zoom, top = (event.clientY - box.top) * zoom;
      var found = lines.map(function (l) { return { name: l.name, p: near(l.points, left, top) }; })
        .filter(function (f) { return f.p; });
      if (!found.length) { return; }
      var at = near(found.map(function (f) { return f.p; }), left, top);
      found = found.filter(function (f) { return 8 > Math.abs(f.p.left - at.left); });
      pointer.setAttribute('d', 'M' + at.left + ' 10V' + (svg.viewBox.baseVal.height - 38));
      tip.textContent = svg.dataset.xName + ' ' + at.x + found.map(function (f) {
        return '\n' + f.name + ': ' + f.p.y;
      }).join('');
      tip.hidden = false;
      var frame = svg.parentNode.getBoundingClientRect();
      var place = box.left - frame.left + at.left / zoom + 12;
      if (place + tip.offsetWidth > frame.width) { place = Math.max(0, place - 24 - tip.offsetWidth); }
      tip.style.left = place + 'px';
      tip.style.top = (event.clientY - frame.top + 14) + 'px';
    });
    svg.addEventListener('pointerleave', function () {
      tip.hidden = true;
      pointer.removeAttribute('d');
    });
  });
  // The trial under the pointer is marked in all charts, with what the fullest of them says of it.
  var trials = {}, lit = [], says = document.createElement('div');
  document.querySelectorAll('[data-trial]').forEach(function (e) {
    var t = trials[e.dataset.trial] = trials[e.dataset.trial] || { marks: [], text: '' };
    var title = e.querySelector('title');
    if (title) {
      if (title.textContent.length > t.text.length) { t.text = title.textContent; }
      title.remove();
    }
    t.marks.push(e);
  });
  says.className = 'tip over-all';
  says.hidden = true;
  document.body.appendChild(says);
  document.addEventListener('pointerover', function (event) {
    var mark = event.target.closest('[data-trial]');
    lit.forEach(function (e) { e.classList.remove('lit'); });
    lit = mark ? trials[mark.dataset.trial].marks : [];
    lit.forEach(function (e) { e.classList.add('lit'); });
    says.hidden = !mark;
    if (!mark) { return; }
    says.textContent = trials[mark.dataset.trial].text;
    var right = document.documentElement.clientWidth - says.offsetWidth - 8;
    var under = event.clientY + 16, room = window.innerHeight - says.offsetHeight - 8;
    says.style.left = Math.max(4, Math.min(event.clientX + 14, right)) + 'px';
    says.style.top = (under > room ? Math.max(4, event.clientY - says.offsetHeight - 12) : under) + 'px';
  });
  // Rows that a search or a choice leaves out are hidden.
  document.querySelectorAll('form.filters').forEach(function (form) {
    var rows = Array.from(document.querySelectorAll('.' + form.dataset.rows + ' > *'));
    var texts = rows.map(function (r) { return r.textContent.toLowerCase(); });
    function choose() {
      var of = new FormData(form), left = 0;
      var text = String(of.get('text') || '').toLowerCase(), label = of.get('label'), right = of.get('right');
      rows.forEach(function (row, i) {
        var labels = row.dataset.labels.split(' ');
        row.hidden = !texts[i].includes(text) || !(label ? labels.includes(label) : true) ||
          !(right ? row.dataset.right === right : true);
        if (!row.hidden) { left += 1; }
      });
      form.querySelector('output').textContent = left === rows.length ? left + ' rows' : left + ' of ' + rows.length + ' rows';
    }
    form.addEventListener('input', choose);
    form.addEventListener('submit', function (event) { event.preventDefault(); });
  });
}());
