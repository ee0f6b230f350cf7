(function first() { throw new RangeError("on the first line"); })();
