"""Rendered data: pages, crops and signatures with exact boxes, drawn from a seed.

``model.render.assets.Assets`` gathers what is drawn with (fonts of this machine, the real crops and pages
of a training folder), ``model.render.pages.render_page`` draws a page, ``model.render.crops.render_crop`` a
crop, ``model.render.dataset.render_dataset`` many pages with many processes.
"""
