package ed25519table

import "filippo.io/edwards25519/field"

// projective is a point in extended coordinates: x/z and y/z, with t = xy/z.
type projective struct {
	x, y, z, t field.Element
}

func (p *projective) setIdentity() {
	p.x.Zero()
	p.y.One()
	p.z.One()
	p.t.Zero()
}

// addMultiples adds to each point the multiple of a table's point by its scalar, or
// subtracts it. It goes window by window, because one window fits into the fastest
// cache, and the table does not.
func addMultiples(points []projective, t *table, scalars []scalar, subtract bool) {
	for w := range t {
		for i := range points {
			switch digit := scalars[i][w]; {
			case digit == 0:
			case digit > 0:
				points[i].add(&t[w][digit-1], subtract)
			default:
				points[i].add(&t[w][-digit-1], !subtract)
			}
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
