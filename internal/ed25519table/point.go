package ed25519table

import "filippo.io/edwards25519/field"

// projective is a point in extended coordinates: x/z and y/z, with t = xy/z.
type projective struct {
	x, y, z, t field.Element
}

// addMultiple adds the multiple of a table's point by a scalar, or subtracts it.
func (p *projective) addMultiple(t *table, scalar [windows]int16, subtract bool) {
	for i, digit := range scalar {
		switch {
		case digit == 0:
		case digit > 0:
			p.add(&t[i][digit-1], subtract)
		default:
			p.add(&t[i][-digit-1], !subtract)
		}
	}
}

// add adds a point, or subtracts it: −(x, y) is (−x, y). The formula (Hisil,
// Wong, Carter, Dawson, "Twisted Edwards Curves Revisited", 2008, section 3.1) is
// complete on this curve: it is right for all pairs of points, equal ones and those of
// small order included.
func (p *projective) add(q *affine, subtract bool) {
	qPlus, qMinus := &q.yPlusX, &q.yMinusX
	if subtract {
		qPlus, qMinus = qMinus, qPlus
	}
	var a, b, c, d field.Element
	a.Subtract(&p.y, &p.x)
	a.Multiply(&a, qMinus)
	b.Add(&p.y, &p.x)
	b.Multiply(&b, qPlus)
	c.Multiply(&p.t, &q.xy2d)
	d.Add(&p.z, &p.z)

	var e, f, g, h field.Element
	e.Subtract(&b, &a)
	h.Add(&b, &a)
	if subtract {
		f.Add(&d, &c)
		g.Subtract(&d, &c)
	} else {
		f.Subtract(&d, &c)
		g.Add(&d, &c)
	}
	p.x.Multiply(&e, &f)
	p.y.Multiply(&g, &h)
	p.z.Multiply(&f, &g)
	p.t.Multiply(&e, &h)
}

// encode returns the encoding of a point (RFC 8032, section 5.1.2), given 1/z.
func (p *projective) encode(zInverse *field.Element) (out [32]byte) {
	var x, y field.Element
	x.Multiply(&p.x, zInverse)
	y.Multiply(&p.y, zInverse)
	out = [32]byte(y.Bytes())
	out[31] |= byte(x.IsNegative() << 7)
	return out
}
