// Multibyte characters before: äöü€🔥

exports.thrower = function thrower(value) {
  /* a comment with 🔥 in it */ const error = new TypeError(`broken by ${value}`);
  error.code = "E_BROKEN";
  throw error;
};
