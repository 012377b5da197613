/** The sentence above the board that says why nothing can be run yet; refused buttons point to it. */
export const trustNoticeId = 'workspace-not-trusted';
