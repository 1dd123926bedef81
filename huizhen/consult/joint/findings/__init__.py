"""Opinion templates: what experts of a department note down item by item, so that opinions can be laid side by side."""
